import io
import json
import os
import pickle
import shutil
import subprocess
import sys
import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stance.errors import ModelError
from stance.model.evidence import KINDS
from stance.model.table import DEFAULT, Table
from stance.model.training import train

STRANGE = [
    "", " ", "\n", "\r\n\t", ".", "…", "“”", "\x00", "\ud800", "\u200b", "ß İ ǅ ﬁ", "٣٤ ١", "²", "_", "a\u0301", "’",
    "N't", "U.S.", "not", "NOT NOT NOT", "a" * 5000, "word " * 3000, "zzxqj qqwv Zzxqj", "中文没有空格", "🙂 talks 🙂",
    "1,000.5:30",
]  # fmt: skip
PIECES = [
    "talks",
    "Not",
    "no",
    "never",
    "Velland",
    "U.S.",
    "reject",
    "“",
    "”",
    ",",
    ".",
    "but",
    "1,500",
    "zzxqj",
    "\n",
    "’s",
]

anything = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=20).map(" ".join), st.sampled_from(STRANGE))


@pytest.fixture(scope="module")
def default() -> Table:
    return Table.load()


@pytest.fixture(
    scope="module", params=["three labels and tone", "two labels", "four labels", "no shapes, masks, negation, pairs"]
)
def training(request, corpus, quick, small):
    if request.param == "three labels and tone":
        return small
    if request.param == "no shapes, masks, negation, pairs":
        bare = replace(quick, shape_weight=(0.0,), masks=False, negation=False, pairs=False)
        return train(corpus, bare, jobs=1)
    frame = corpus.drop(columns="tone").iloc[:300]
    if request.param == "two labels":
        label = np.where(frame["label"] == "hawkish", "yes", "no")
    else:
        label = np.where(frame["text"].str.len() > 120, "long ", "short ") + np.where(
            frame["label"] == "neutral", "calm", "loud"
        ).astype(object)
    return train(frame.assign(label=label), quick, jobs=1)


# --- the table and the estimators that it was compiled from


def test_the_table_gives_what_scikit_learn_gives(training, corpus):
    texts = [*corpus["text"], *corpus["text"].str.upper(), *corpus["text"].str[::-1], *STRANGE]
    assert len(texts) > 1000
    same(training, texts)


@given(st.lists(anything, min_size=1, max_size=8))
@settings(max_examples=40)
@example(STRANGE)
def test_and_so_it_does_for_any_text(small, texts):
    same(small, texts)


def same(training, texts):
    scores = training.table.score(texts)
    expected = training.pipeline.predict_proba(texts)
    assert scores.probabilities.shape == (len(texts), len(training.table.labels))
    np.testing.assert_allclose(scores.probabilities, expected, atol=1e-5)
    tone = training.pipeline.predict_tone(texts)
    assert (tone is None) == (scores.tone is None)
    if tone is not None:
        np.testing.assert_allclose(scores.tone, tone, atol=1e-5)


def test_the_labels_are_those_of_the_data(training):
    assert list(training.table.labels) == sorted(set(training.table.header["counts"]))


# --- scores


@given(st.lists(anything, max_size=8))
@example(STRANGE)
def test_any_texts_get_probabilities_that_sum_to_one_and_a_tone_in_range(default, texts):
    scores = default.score(texts)
    assert scores.probabilities.shape == (len(texts), 3)
    assert ((scores.probabilities >= 0) & (scores.probabilities <= 1)).all()
    np.testing.assert_allclose(scores.probabilities.sum(axis=1), 1)
    assert scores.tone.shape == (len(texts),)
    assert (np.abs(scores.tone) <= 3).all()


@given(st.lists(anything, max_size=8))
@settings(max_examples=40)
@example(STRANGE)
@example(["They reject", "No talks"])
def test_a_statement_scores_alike_alone_and_among_others(default, texts):
    together = default.score(texts).probabilities
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_allclose(default.score([text]).probabilities[0], row, atol=1e-6)


def test_many_batches_are_as_one(default, corpus):
    texts = (corpus["text"].tolist() * 5)[:2300]
    np.testing.assert_array_equal(default.score(texts).probabilities[-300:], default.score(texts[-300:]).probabilities)


def test_the_name_in_a_statement_does_not_matter(default):
    one, two = default.score(["Talks with Velland failed.", "Talks with Marran failed."]).probabilities
    np.testing.assert_array_equal(one, two)


def test_a_table_forgets_word_types_before_they_fill_the_memory(default, monkeypatch):
    monkeypatch.setattr("stance.model.table._MOST_TYPES", 2000)
    table = Table(default.header, default.arrays)
    texts = [f"zq{i} talks zq{i + 1} failed" for i in range(6000)]
    scores = table.score(texts).probabilities
    np.testing.assert_array_equal(scores[-5:], default.score(texts[-5:]).probabilities)
    assert len(table._tokenizer.surfaces) < 8000


def test_a_table_forgets_very_long_words_too(default, monkeypatch):
    monkeypatch.setattr("stance.model.table._MOST_CHARACTERS", 50_000)
    table = Table(default.header, default.arrays)
    for i in range(60):
        table.score([f"zq{i}{'x' * 4_000} talks failed"])
    assert sum(map(len, table._tokenizer.surfaces)) < 60_000
    np.testing.assert_array_equal(
        table.score(["talks failed"]).probabilities, default.score(["talks failed"]).probabilities
    )


def test_threads_share_a_table(default, corpus):
    table = Table(default.header, default.arrays)
    parts = [[f"{text} zq{i}x{j}" for j, text in enumerate(corpus["text"])] for i in range(16)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda texts: table.score(texts).probabilities, parts))
    for texts, probabilities in zip(parts, found, strict=True):
        np.testing.assert_allclose(probabilities, default.score(texts).probabilities, atol=1e-6)


# --- explanations


@given(anything)
@example("They will not accept the threat, but talks with Jane Roe of Velland will resume.")
@example(STRANGE[-5])
def test_evidence_sums_to_the_logits_and_points_into_the_text(default, text):
    p = default.score([text]).probabilities[0]
    found = default.explain([text])
    logits = default.arrays["bias"][:3].astype(float) + found.weights.sum(axis=0)
    np.testing.assert_allclose(logits - logits[0], np.log(p) - np.log(p[0]), atol=1e-6, rtol=1e-5)
    assert ((found.start >= 0) & (found.start < found.end) & (found.end <= len(text))).all()


def test_evidence_names_the_words_it_stands_on(default):
    text = "They will not accept it, but talks with Jane Roe will resume."
    found = default.explain([text])
    stands = [text[start:end] for start, end in zip(found.start, found.end, strict=True)]
    words, pairs = (
        {name: on for name, on, k in zip(found.names, stands, found.kinds, strict=True) if KINDS[k] == kind}
        for kind in ("word", "pair")
    )
    assert words["not:accept"] == "accept"
    assert words["<name>"] == "Jane Roe"
    assert "with Jane Roe" in pairs.values()


# --- files


def test_saved_and_loaded_a_table_is_the_same(training, tmp_path):
    one, two = tmp_path / "one.npz", tmp_path / "two.npz"
    training.table.save(one)
    loaded = Table.load(one)
    loaded.save(two)
    assert one.read_bytes() == two.read_bytes()
    assert loaded.digest == training.table.digest
    texts = ["We will talk.", "They will not.", *STRANGE]
    np.testing.assert_array_equal(loaded.score(texts).probabilities, training.table.score(texts).probabilities)


def test_a_copy_in_another_process_scores_alike(small):
    copy = pickle.loads(pickle.dumps(small.table))
    np.testing.assert_array_equal(copy.score(STRANGE).probabilities, small.table.score(STRANGE).probabilities)


def test_saving_leaves_nothing_but_the_file(small, tmp_path):
    small.table.save(tmp_path / "a.npz")
    small.table.save(tmp_path / "a.npz")
    assert os.listdir(tmp_path) == ["a.npz"]


def test_saving_where_it_cannot_says_so(small, tmp_path):
    with pytest.raises(ModelError, match="cannot write the model"):
        small.table.save(tmp_path / "missing" / "a.npz")


def test_the_default_table_is_small_and_plain():
    assert DEFAULT.stat().st_size <= 8_000_000
    with np.load(DEFAULT, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype != object for name in arrays.files)


def test_scoring_needs_numpy_and_the_stemmer_only():
    code = "import sys; from stance.model.table import Table; Table.load().score(['We talk.']); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"sklearn", "scipy", "pandas", "joblib", "mlflow"}.isdisjoint(loaded)


# --- files that are no table, or made to harm


def refused(path: Path) -> str:
    with pytest.raises(ModelError) as caught:
        Table.load(path)
    message = str(caught.value)
    assert "\n" not in message
    assert str(path) in message
    assert caught.value.remedy
    return message


def changed(source: Path, target: Path, **arrays) -> Path:
    """A copy of a table with other arrays; a function gets the old one, None leaves it out."""
    with np.load(source, allow_pickle=False) as old:
        new = {name: old[name] for name in old.files}
    for name, value in arrays.items():
        new[name] = value(new[name]) if callable(value) else value
    np.savez(target, allow_pickle=True, **{name: a for name, a in new.items() if a is not None})
    return target


def reheaded(source: Path, target: Path, **entries) -> Path:
    """A copy of a table with other entries in its header; None leaves one out."""

    def head(old):
        header = {**json.loads(old.tobytes()), **entries}
        text = json.dumps({name: value for name, value in header.items() if value is not None})
        return np.frombuffer(text.encode(), np.uint8)

    return changed(source, target, header=head)


@pytest.mark.parametrize("content", [b"", b"PK", b"no table", b"\x93NUMPY", b"PK\x05\x06" + bytes(18), bytes(1000)])
def test_a_file_that_is_no_table_is_refused(tmp_path, content):
    path = tmp_path / "a.npz"
    path.write_bytes(content)
    assert "not a usable model table" in refused(path)


def test_a_missing_file_and_a_folder_are_refused(tmp_path):
    assert "No such file" in refused(tmp_path / "missing.npz")
    assert "Is a directory" in refused(tmp_path)
    (tmp_path / "loop.npz").symlink_to(tmp_path / "loop.npz")
    refused(tmp_path / "loop.npz")


def test_a_symbolic_link_is_followed(small_path, tmp_path):
    (tmp_path / "link.npz").symlink_to(small_path)
    assert Table.load(tmp_path / "link.npz").labels == Table.load(small_path).labels


@given(st.data())
@settings(max_examples=40)
def test_a_truncated_or_damaged_file_is_refused_or_harmless(small_path, tmp_path_factory, data):
    content = bytearray(small_path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "damaged.npz"
    path.write_bytes(content)
    try:
        table = Table.load(path)
    except ModelError:
        return
    assert np.isfinite(table.score(["We will talk."]).probabilities).all()  # what was hit is not read


class Trap:
    def __reduce__(self):
        return (Path.touch, (Path("executed"),))


@pytest.mark.parametrize("part", ["bias", "header", "words"])
def test_a_pickle_in_a_table_is_not_run(small_path, tmp_path, monkeypatch, part):
    monkeypatch.chdir(tmp_path)
    refused(changed(small_path, tmp_path / "a.npz", **{part: np.array([Trap()], dtype=object)}))
    assert not Path("executed").exists()


def test_a_bare_pickle_is_not_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.npz").write_bytes(pickle.dumps(Trap()))
    refused(tmp_path / "a.npz")
    assert not Path("executed").exists()


ARRAYS = ["bias", "word_weights", "word_idf", "pair_keys", "pair_weights", "pair_idf", "shape_idf", "gram_weights"]


@pytest.mark.parametrize("part", [*ARRAYS, "words", "common", "grams", "header"])
def test_a_table_without_one_of_its_parts_is_refused(small_path, tmp_path, part):
    refused(changed(small_path, tmp_path / "a.npz", **{part: None}))


@pytest.mark.parametrize("part", ARRAYS)
@pytest.mark.parametrize(
    "change",
    [
        lambda a: a[:-1],
        lambda a: a[None],
        lambda a: a.astype(np.complex64),
        lambda a: a.astype(a.dtype.newbyteorder(">")),
        lambda a: a.astype(bool),
        lambda a: a.astype("U8"),
        lambda a: np.array(3.0),
        lambda a: np.concatenate([a, a]),
    ],
    ids=["short", "deep", "complex", "big-endian", "bool", "text", "scalar", "double"],
)
def test_wrong_shapes_and_kinds_are_refused(small_path, tmp_path, part, change):
    refused(changed(small_path, tmp_path / "a.npz", **{part: change}))


@pytest.mark.parametrize("part", [name for name in ARRAYS if name != "pair_keys"])
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf, 1e30])
def test_numbers_that_are_none_or_beyond_reason_are_refused(small_path, tmp_path, part, number):
    def spoil(a):
        a = a.copy()
        a.flat[0] = number
        return a

    refused(changed(small_path, tmp_path / "a.npz", **{part: spoil}))


@pytest.mark.parametrize(
    "spoil",
    [lambda k: k * 0, lambda k: -1 - k, lambda k: k.astype(np.int32)],
    ids=["all the same", "negative", "other width"],
)
def test_pair_keys_that_no_index_could_hold_are_refused(small_path, tmp_path, spoil):
    refused(changed(small_path, tmp_path / "a.npz", pair_keys=spoil))


@pytest.mark.parametrize(
    "labels",
    [None, [], ["one"], ["a", "a", "b"], ["a", "b"], ["a", "b", 3], ["a", "b", ""], ["a", "b", "c", "d"], "abc",
     {"a": 1, "b": 2, "c": 3}, 7, ["a", "b", None], [["a"], ["b"], ["c"]], ["a", "b", "\ud800"]],
)  # fmt: skip
def test_labels_that_do_not_fit_are_refused(small_path, tmp_path, labels):
    refused(reheaded(small_path, tmp_path / "a.npz", labels=labels))


@pytest.mark.parametrize(
    "entries",
    [
        {"format": None},
        {"format": "stance-table/99"},
        {"format": 1},
        {"tone": False},
        {"tone": None},
        {"tone": "yes"},
        {"features": None},
        {"features": []},
        {"features": {}},
        {"features": {"grams": [0, 5], "masks": True, "negation": True}},
        {"features": {"grams": [5, 2], "masks": True, "negation": True}},
        {"features": {"grams": [2, 10**9], "masks": True, "negation": True}},
        {"features": {"grams": "25", "masks": True, "negation": True}},
        {"features": {"grams": [2, 5], "masks": 3, "negation": True}},
        {"features": {"grams": [2, 5], "masks": True, "negation": "no"}},
    ],
    ids=str,
)
def test_headers_that_make_no_sense_are_refused(small_path, tmp_path, entries):
    refused(reheaded(small_path, tmp_path / "a.npz", **entries))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "3", "NaN", '"stance-table/1"', "[" * 100_000, '{"a":' * 100_000, "\xff\xfe"]
)
def test_headers_that_are_no_json_object_are_refused(small_path, tmp_path, text):
    data = np.frombuffer(text.encode("latin-1"), np.uint8)
    refused(changed(small_path, tmp_path / "a.npz", header=data))


def test_words_that_are_no_utf_8_are_refused(small_path, tmp_path):
    refused(changed(small_path, tmp_path / "a.npz", words=lambda a: np.full_like(a, 0xFF)))


def npy(shape: str, descr: str = "<f4", data: bytes = b"") -> bytes:
    """An npy file whose header promises what it likes."""
    head = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}".encode().ljust(117) + b"\n"
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + data


def with_part(source: Path, target: Path, name: str, data: bytes) -> Path:
    """A copy of a table with other bytes for one part."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as new:
        for member in old.namelist():
            new.writestr(member, data if member == f"{name}.npy" else old.read(member))
    return target


@pytest.mark.parametrize(
    "data",
    [
        npy("(1000000000000,)"),
        npy("(4000000000,)"),
        npy("(-1,)"),
        npy("(2305843009213693952, 8)"),
        npy("(4,)", "|O", pickle.dumps([1, 2, 3, 4])),
        npy("(4,)", "<f4); import os; (", bytes(16)),
        npy("__import__('os').getpid()"),
        npy("(4,)", "|V4", bytes(16)),
        b"not an array",
        b"",
    ],
    ids=["terabytes", "gigabytes", "negative", "overflow", "objects", "code", "call", "void", "text", "nothing"],
)
def test_parts_that_promise_too_much_are_refused(small_path, tmp_path, data):
    refused(with_part(small_path, tmp_path / "a.npz", "bias", data))


def test_a_zip_bomb_is_refused_before_it_is_unpacked(small_path, tmp_path):
    path = tmp_path / "bomb.npz"
    with zipfile.ZipFile(small_path) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new:
        for member in old.namelist():
            if member != "bias.npy":
                new.writestr(member, old.read(member))
        with new.open("bias.npy", "w", force_zip64=True) as part:
            part.write(npy("(160000000,)"))
            for _ in range(640):
                part.write(bytes(1_000_000))
    assert path.stat().st_size < 5_000_000
    tracemalloc.start()
    assert "too large" in refused(path)
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()


def test_parts_by_other_names_or_twice_are_refused(small_path, tmp_path):
    for name in ("../../evil.npy", "/etc/evil.npy", "extra.npy", "bias.npy"):
        path = shutil.copy(small_path, tmp_path / "a.npz")
        with zipfile.ZipFile(path, "a") as archive, pytest.warns() if name == "bias.npy" else nullcontext():
            archive.writestr(name, npy("(4,)", data=bytes(16)))
        refused(Path(path))


def test_an_npz_of_another_program_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", weights=np.zeros(3))
    assert "its parts are not those of a table" in refused(tmp_path / "a.npz")
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(3))
    (tmp_path / "b.npz").write_bytes(buffer.getvalue())
    refused(tmp_path / "b.npz")
