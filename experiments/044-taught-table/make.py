"""Write answers.npz, what a slow model says of the variations: ``python make.py TEACHER.npz``, some five minutes.

The teacher is a table with a taught encoder (README.md); this needs what it needs, torch and sentence-transformers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from variations import ANSWERS, varied

from stance.model.corpus import groups, read_labelled
from stance.model.encoder import text_key
from stance.model.table import Table
from stance.model.training import sides

ROOT = Path(__file__).parents[2]


def main() -> None:
    """Vary what training does not test on, ask, and write."""
    teacher = Table.load(Path(sys.argv[1]))
    frame = read_labelled([ROOT / "data" / "corpus"])
    learn, _ = sides(frame.assign(group=groups(frame)))
    texts = varied(learn["text"].tolist())
    keys = np.frombuffer(b"".join(map(text_key, texts)), np.uint64)
    answers = teacher.score(texts).probabilities[:, np.argsort(teacher.labels)].astype(np.float16)
    np.savez_compressed(ANSWERS, keys=keys, answers=answers)
    print(f"{len(texts):,} answers, {ANSWERS.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
