"""The table that is shipped: is it the one that data/ gives?"""

import re
from pathlib import Path

import numpy as np
import pytest

from stance.cli import main
from stance.model.corpus import digest, read_labelled
from stance.model.params import Params
from stance.model.table import DEFAULT, FORMAT, Table
from stance.model.training import train
from stance.statement import STANCES

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "data" / "corpus"
PARAMS = Params.read(CORPUS.with_name("params.toml")) if CORPUS.is_dir() else Params()
RENEW = "train it again: make model"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus comes with the source only")


@pytest.fixture(scope="module")
def default() -> Table:
    return Table.load()


@pytest.fixture(scope="module")
def frame():
    return read_labelled([CORPUS])


def sample(frame) -> list[str]:
    """Some 400 statements, evenly over the corpus, and a few that are not in it."""
    return [
        *frame["text"].iloc[:: len(frame) // 400],
        "",
        "We are ready to meet at any time.",
        "ZZXQJ will be annexed.",
    ]


def test_it_has_the_stances_in_their_order_and_tone(default):
    assert default.labels == STANCES
    assert default.has_tone
    assert default.header["format"] == FORMAT


def test_it_was_trained_on_the_corpus_as_it_is_with_its_parameters(default, frame):
    assert default.header["corpus"]["digest"] == digest(frame), RENEW
    assert default.header["counts"] == frame["label"].value_counts().to_dict(), RENEW
    assert Params.parse(default.header["params"]) == PARAMS, RENEW


def test_it_fits_into_eight_megabytes():
    assert DEFAULT.stat().st_size <= 8_000_000


def test_it_knows_how_good_it_is(default):
    metrics = default.header["metrics"]
    assert metrics["test"]["macro_f1"] > 0.7
    low, high = metrics["test"]["macro_f1_interval"]
    assert low < metrics["test"]["macro_f1"] < high
    assert metrics["cross-validation"]["ece"] < 0.05


def test_its_card_is_the_one_in_docs(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    with pytest.raises(SystemExit):
        main(["card", "default", "--data", "data/contrast", "--by", "file"])
    made, kept = capsys.readouterr().out, (ROOT / "docs" / "card" / "card.md").read_text(encoding="utf-8")
    made, kept = (re.sub(r"[0-9a-f]{16,}", "DIGEST", card) for card in (made, kept))  # another zlib, other bytes
    assert kept.startswith(made), "write it again: make card"
    pictures = re.findall(r"\]\((.+\.png)\)", kept)
    assert {Path(name).name for name in pictures} == {"reliability.png", "coverage.png", "confusion.png"}
    assert all((ROOT / "docs" / "card" / name).exists() for name in pictures)


@pytest.mark.slow
def test_training_again_gives_it_again(default, frame):
    again = train(frame, PARAMS, jobs=2).table
    assert again.labels == default.labels
    assert again.header["corpus"] == default.header["corpus"], RENEW
    for name, value in default.header["chosen"].items():
        assert again.header["chosen"][name] == pytest.approx(value, rel=1e-3), RENEW
    texts = sample(frame)
    one, two = default.score(texts), again.score(texts)
    # Sums differ in their last digits from one library of linear algebra to the next.
    np.testing.assert_allclose(two.probabilities, one.probabilities, atol=1e-3, err_msg=RENEW)
    np.testing.assert_allclose(two.tone, one.tone, atol=3e-3, err_msg=RENEW)
