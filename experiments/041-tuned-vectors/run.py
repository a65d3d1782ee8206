"""What tuned word vectors add: ``python experiments/041-tuned-vectors/run.py``, some five minutes.

Fits the recipe of data/params.toml on the training side with the tuned half of the vectors at several lengths, and
prints a Markdown table. Gold dev is read from ../shared (or STANCE_SHARED); without it its columns are empty.
"""

from __future__ import annotations

import os
from pathlib import Path

from stance.model import vectors
from stance.model.compiling import compile_table
from stance.model.contrast import contrast
from stance.model.corpus import groups, read_labelled, split
from stance.model.evaluation import evaluate_table
from stance.model.params import Params
from stance.model.search import SEARCHED
from stance.model.training import describe, fit

ROOT = Path(__file__).parents[2]
GOLD = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared")) / "gold" / "dev.csv"
LENGTHS = (0.0, 0.35, 0.7, 1.0)


def main() -> None:
    """One row for each length."""
    params = Params.read(ROOT / "data" / "params.toml")
    chosen = {name: getattr(params, name)[0] for name in SEARCHED} | {"temperature": 1.0, "tone_alpha": 1.0}
    frame = read_labelled([ROOT / "data" / "corpus"])
    learn, test = split(frame.assign(group=groups(frame)))
    gold = read_labelled([GOLD]) if GOLD.exists() else None
    print("| length of the tuned half | test | log loss | contrast rows / groups | gold dev (95 %) | log loss |")
    print("|---|---|---|---|---|---|")
    for length in LENGTHS:
        vectors.TUNED_LENGTH = length
        vectors.load.cache_clear()
        pipeline = fit(learn, chosen, params)
        table = compile_table(pipeline, describe(pipeline, params, len(learn)))
        kept, pairs = evaluate_table(table, test), contrast(table, sorted((ROOT / "data" / "contrast").glob("*.tsv")))
        real = evaluate_table(table, gold) if gold is not None else None
        low, high = real.macro_f1_interval if real else (0, 0)
        found = f"{real.macro_f1:.3f} ({low:.3f}-{high:.3f}) | {real.log_loss:.3f}" if real else "- | -"
        print(
            f"| {length:g} | {kept.macro_f1:.3f} | {kept.log_loss:.3f} | "
            f"{pairs.accuracy:.3f} / {pairs.groups_right:.3f} | {found} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
