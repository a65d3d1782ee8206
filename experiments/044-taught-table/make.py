"""Write answers.npz, what a slow model says of the variations: ``python make.py TEACHER.npz``, some five minutes.

The teacher is a table with a taught encoder (README.md); this needs what it needs, torch and sentence-transformers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from variations import varied

from stance.model.corpus import groups, read_labelled
from stance.model.encoder import write_answers
from stance.model.table import Table
from stance.model.training import sides

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def main() -> None:
    """Vary what training does not test on, ask, and write."""
    teacher = Table.load(Path(sys.argv[1]))
    frame = read_labelled([ROOT / "data" / "corpus"])
    learn, _ = sides(frame.assign(group=groups(frame)))
    texts = varied(learn["text"].tolist())
    answers = teacher.score(texts).probabilities[:, np.argsort(teacher.labels)]
    write_answers(HERE, dict(zip(texts, answers.astype(np.float16), strict=True)))
    print(f"{len(texts):,} texts answered")


if __name__ == "__main__":
    main()
