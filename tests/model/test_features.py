import warnings

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils import estimator_checks

from stance.model.features import Shapes, Trends, Words

TEXTS = [
    "The envoy of Velland said talks would resume.",
    "They will not accept the threat, and talks will not resume.",
    "The envoy threatened to close the strait of Marran in 2024 as tension rose.",
    "Talks resume; the strait is closed.",
    "",
    "— …",
]
BLOCKS = [
    Words(min_df=1),
    Words(min_df=1, pairs=False, negation=False),
    Shapes(min_df=1),
    Shapes(low=3, high=3, masks=False),
    Trends(min_df=1),
]
CHECKS = [
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
]
words = st.sampled_from(["talks", "resume", "not", "never", "accept", "threat", "envoy", "Velland", "12", ".", ","])
sentences = st.lists(words, max_size=12).map(" ".join)

each_block = pytest.mark.parametrize("block", BLOCKS, ids=str)


# --- as scikit-learn wants it


@each_block
@pytest.mark.parametrize("check", CHECKS)
def test_scikit_learns_checks_of_estimators_pass(block, check):
    getattr(estimator_checks, check)(type(block).__name__, clone(block))


@each_block
def test_check_estimator_finds_nothing(block):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that checks with number matrices do not apply to texts
        results = estimator_checks.check_estimator(clone(block), on_skip=None, on_fail=None)
    assert {r["status"] for r in results} == {"passed"}


@each_block
def test_a_clone_learns_the_same(block):
    fitted = clone(block).fit(TEXTS)
    again = clone(fitted).fit(TEXTS)
    assert (fitted.transform(TEXTS) != again.transform(TEXTS)).nnz == 0


@each_block
def test_fitting_leaves_the_parameters_alone(block):
    before = block.get_params()
    assert clone(block).fit(TEXTS).get_params() == before


@each_block
def test_fit_transform_is_fit_and_transform(block):
    assert (clone(block).fit_transform(TEXTS) != clone(block).fit(TEXTS).transform(TEXTS)).nnz == 0


@each_block
def test_any_iterable_of_texts_will_do(block):
    fitted = clone(block).fit(iter(TEXTS))
    array = np.array(TEXTS, dtype=object)
    assert (fitted.transform(array) != fitted.transform(iter(TEXTS))).nnz == 0


@each_block
def test_fitting_again_forgets_what_was_learnt_before(block):
    twice = clone(block).fit(["something else entirely"] * 3).fit(TEXTS)
    assert twice.get_feature_names_out().tolist() == clone(block).fit(TEXTS).get_feature_names_out().tolist()


@each_block
def test_one_string_is_refused(block):
    with pytest.raises(ValueError, match="string object received"):
        clone(block).fit("one text")
    with pytest.raises(ValueError, match="string object received"):
        clone(block).fit(TEXTS).transform("one text")


@each_block
@pytest.mark.parametrize("method", ["transform", "get_feature_names_out"])
def test_an_unfitted_block_says_so(block, method):
    with pytest.raises(NotFittedError):
        getattr(clone(block), method)(TEXTS)


@each_block
def test_it_works_in_a_pipeline(block):
    pipeline = make_pipeline(clone(block), LogisticRegression()).fit(TEXTS, [0, 1, 1, 0, 0, 1])
    assert pipeline.predict_proba(["The strait is closed.", ""]).shape == (2, 2)


# --- vectors


@each_block
def test_a_column_has_a_name_and_each_name_one_column(block):
    fitted = clone(block).fit(TEXTS)
    names = fitted.get_feature_names_out()
    assert fitted.transform(TEXTS).shape == (len(TEXTS), len(names))
    assert len(set(names)) == len(names) > 0


@given(st.lists(sentences, min_size=1, max_size=6))
@example(["talks talks talks", "never accept", ""])
def test_without_pairs_a_row_of_distinct_words_has_length_one(texts):
    block = Words(min_df=1, pairs=False).fit(["talks resume", *texts])
    X = block.transform(texts)
    lengths = np.sqrt(np.asarray(X.multiply(X).sum(axis=1)).ravel())
    for text, length, n in zip(texts, lengths, np.diff(X.tocsr().indptr), strict=True):
        if not text:
            assert n == 0
        elif n == len([w for w in text.split() if w]):  # none of them twice
            assert length == pytest.approx(1)
        else:
            assert length >= 1 - 1e-9


def test_words_alone_are_the_tf_idf_of_scikit_learn_on_statements_without_repeats():
    texts = ["talks resume", "talks fail", "they accept the offer", "they refuse the offer"]
    ours = Words(min_df=1, pairs=False, negation=False, masks=False).fit(texts)
    theirs = TfidfVectorizer(tokenizer=str.split, token_pattern=None)
    forms = {"talks": "talk", "refuse": "refus", "resume": "resum"}
    X, Y = ours.transform(texts).toarray(), theirs.fit_transform(texts).toarray()
    at = {name: i for i, name in enumerate(ours.get_feature_names_out())}
    columns = [at[forms.get(name, name)] for name in theirs.get_feature_names_out()]
    np.testing.assert_allclose(X[:, columns], Y)


@given(sentences, sentences)
def test_words_are_additive_over_statements_up_to_one_scale(a, b):
    one, two = f"alpha {a} .", f". {b} . omega"
    block = Words(min_df=1).fit([one, two])
    names = block.get_feature_names_out().tolist()
    first = scaled(block, one, names.index("alpha")) + scaled(block, two, names.index("omega"))
    both = scaled(block, f"{one} {two}", names.index("alpha"))
    # What stands at an edge of either has another neighbour when both are one.
    inner = [i for i, name in enumerate(names) if not {"^", "$"} & set(name.split()) and name != ". ."]
    np.testing.assert_allclose(first[inner], both[inner])


def scaled(block: Words, text: str, column: int) -> np.ndarray:
    """A statement's vector, scaled so that one column is 1."""
    x = block.transform([text]).toarray().ravel()
    return x / x[column]


@given(st.lists(st.sampled_from(["pact", "ceasefire", "talks"]), min_size=1, max_size=9))
def test_a_shape_is_a_sum_over_words_whatever_their_order(chosen):
    block = Shapes(min_df=1).fit(["pact", "ceasefire", "talks"])
    X = block.transform([" ".join(chosen), " ".join(sorted(chosen))]).toarray()
    np.testing.assert_allclose(X[0], X[1])
    parts = block.transform(chosen).toarray().sum(axis=0) / np.sqrt(len(chosen))
    np.testing.assert_allclose(X[0], parts)  # all three words have the same idf


def test_a_word_never_seen_resembles_those_it_is_built_like():
    block = Shapes(min_df=1).fit(["they negotiated", "they attacked", "negotiation", "the attack"])
    new, near, far = block.transform(["negotiators", "negotiation", "attack"]).toarray()
    assert new @ near > 3 * (new @ far)


def test_names_and_numbers_have_no_shape():
    block = Shapes(min_df=1).fit(TEXTS)
    assert block.transform(["Velland Marran 2024 ."]).nnz == 0


def test_negated_words_are_features_of_their_own():
    names = Words(min_df=1).fit(["they will not accept talks"]).get_feature_names_out().tolist()
    assert {"not:accept", "not:talk", "will", "not"} <= set(names)
    assert "accept" not in names
    plain = Words(min_df=1, negation=False).fit(["they will not accept talks"]).get_feature_names_out().tolist()
    assert "accept" in plain


def test_pairs_take_in_the_edges_of_the_statement():
    names = Words(min_df=1).fit(["talks resume"]).get_feature_names_out().tolist()
    assert {"^ talk", "talk resum", "resum $"} <= set(names)
    assert not any(" " in name for name in Words(min_df=1, pairs=False).fit(["talks resume"]).get_feature_names_out())


def test_rare_features_are_left_out():
    names = Words(min_df=2, pairs=False).fit(["talks resume", "talks fail talks"]).get_feature_names_out().tolist()
    assert names == ["talk"]


@each_block
def test_unknown_words_give_an_empty_row_or_that_of_their_shape(block):
    fitted = clone(block).fit(TEXTS)
    X = fitted.transform(["zzxqj qqwv", ""])
    assert np.isfinite(X.data).all()
    assert X[1].nnz == 0


@each_block
def test_nothing_learnt_is_no_crash(block):
    fitted = clone(block).set_params(min_df=99).fit(TEXTS)
    assert fitted.transform(TEXTS).shape == (len(TEXTS), 0)
    assert fitted.get_feature_names_out().tolist() == []
