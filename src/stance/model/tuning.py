"""Teach an encoder the stance of labelled statements: its weights are tuned until it answers with their labels.

Fine-tuning after Devlin and others (NAACL 2019): the mean over the tokens and one linear layer give a logit for each
label, and the tone; cross-entropy with smoothed labels, every label with the same say. `stance train --encoder FOLDER`
weighs these answers beside the features of the table.

Statements that the encoder was taught it answers better than any others. So their answers come from two more
encoders, each taught one half of the scenarios and asked about the other (cross-fitting: Wolpert, Stacked
generalization, 1992). They are kept in the folder, and training takes them instead of asking.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from stance.errors import InputError
from stance.model.corpus import groups, require_trainable
from stance.model.encoder import load, write_answers
from stance.model.params import Params
from stance.model.search import make_folds
from stance.model.training import Progress, Steps, sides

if TYPE_CHECKING:
    import pandas as pd

EPOCHS, BATCH, RATE, HEAD_RATE, SMOOTHING, TONE, LONGEST = 3, 32, 8e-5, 1e-3, 0.1, 0.1, 128
"""TONE: weight of the squared error of the tone beside the cross-entropy. LONGEST: tokens read of a statement."""
WARM_UP = 0.06
"""Share of the steps in which the rate grows, before it falls to nothing."""

Answers = npt.NDArray[np.float32]


def tune(frame: pd.DataFrame, encoder: str, out: Path, *, seed: int = 0, progress: Progress | None = None) -> None:
    """Teach an encoder the training side of labelled rows (see corpus.read_labelled) and write it to a new folder.

    encoder: name or folder of a sentence-transformers model with a transformer at its head. out: becomes a model of
    the same kind whose "vectors" are the logits of the labels in sorted order, then the tone, and the answers to the
    statements it was taught, by encoders that were not; it appears whole or not at all. progress: called with the
    steps done, the steps in all and what is being done.
    The test side of `stance train` is left out, so that what training measures there stays honest.
    Raises InputError when the rows cannot train a model or the folder cannot be written, ModelError for the encoder.
    """
    require_trainable(frame)
    learn, _ = sides(frame.assign(group=groups(frame)))
    task = _Task(learn, encoder, seed)
    everything = np.arange(len(learn))
    halves = make_folds(task.truth, learn["group"].to_numpy(str), Params(folds=2, seed=seed))
    steps = Steps(progress, sum(task.steps(len(rows)) for rows in (*(half for half, _ in halves), everything)))
    answers = np.zeros((len(learn), task.columns), np.float32)
    for i, (half, other) in enumerate(halves, 1):
        answers[other] = task.ask(task.teach(half, partial(steps, f"teaching half {i} of 2")), other)
    model = task.teach(everything, partial(steps, "teaching all"))
    steps("writing")
    _write(model, dict(zip(task.texts, answers, strict=True)), out)


class _Task:
    """Statements, their labels and tones as numbers, and an encoder to teach."""

    def __init__(self, learn: pd.DataFrame, encoder: str, seed: int) -> None:
        self.encoder, self.seed = encoder, seed
        self.texts: list[str] = learn["text"].tolist()
        self.truth = learn["label"].to_numpy(str)
        self.labels = np.unique(self.truth)
        self.tone = learn["tone"].to_numpy(np.float32) if "tone" in learn and learn["tone"].notna().any() else None
        self.columns = len(self.labels) + (self.tone is not None)

    def steps(self, rows: int) -> int:
        """Batches in which so many rows are taught."""
        return EPOCHS * -(-rows // BATCH)

    def teach(self, rows: npt.NDArray[np.int64], tell: Callable[[], None]) -> Any:
        """A fresh encoder, taught some of the rows."""
        import torch

        torch.manual_seed(self.seed)
        model = self._model().train()
        truth = torch.tensor(np.searchsorted(self.labels, self.truth))
        shares = len(rows) / (len(self.labels) * torch.bincount(truth[rows]))
        stance = torch.nn.CrossEntropyLoss(shares, label_smoothing=SMOOTHING)
        optimizer, schedule = _optimizer(model, self.steps(len(rows)))
        for batch in self._batches(rows):
            tell()
            out = self._forward(model, batch)
            error = stance(out[:, : len(self.labels)], truth[batch])
            if self.tone is not None:
                known = ~np.isnan(self.tone[batch])
                miss = (out[known, -1] - torch.tensor(self.tone[batch][known])).square().sum()
                error = error + TONE * miss / len(batch)
            optimizer.zero_grad()
            error.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        return model.eval()

    def ask(self, model: Any, rows: npt.NDArray[np.int64]) -> Answers:
        """(rows, columns) what an encoder answers."""
        found = model.encode([self.texts[row] for row in rows], batch_size=64, show_progress_bar=False)
        return np.asarray(found, np.float32)

    def _model(self) -> Any:
        """The encoder as it was, with a head that knows nothing yet."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Dense, Pooling
        from torch.nn import Identity

        body = load(self.encoder)[0]
        size = body.get_embedding_dimension()
        head = Dense(size, self.columns, activation_function=Identity())
        model = SentenceTransformer(modules=[body, Pooling(size), head], device="cpu")
        model.max_seq_length = LONGEST
        return model

    def _forward(self, model: Any, rows: npt.NDArray[np.int64]) -> Any:
        import torch

        with torch.autocast("cpu", dtype=torch.bfloat16):
            return model(model.preprocess([self.texts[row] for row in rows]))["sentence_embedding"].float()

    def _batches(self, rows: npt.NDArray[np.int64]) -> Iterator[npt.NDArray[np.int64]]:
        """Rows in random batches, epoch after epoch; those of a batch are about equally long."""
        rng = np.random.default_rng(self.seed)
        for _ in range(EPOCHS):
            order = rng.permutation(rows)
            for start in range(0, len(order), 20 * BATCH):
                near = np.array(sorted(order[start : start + 20 * BATCH], key=lambda row: len(self.texts[row])))
                yield from (near[i : i + BATCH] for i in range(0, len(near), BATCH))


def _optimizer(model: Any, steps: int) -> tuple[Any, Any]:
    """AdamW whose rate rises and then falls in a straight line; the new head learns faster than the encoder."""
    import torch

    body, *_, head = model
    parts = [{"params": body.parameters(), "lr": RATE}, {"params": head.parameters(), "lr": HEAD_RATE}]
    optimizer = torch.optim.AdamW(parts, weight_decay=0.01)
    rise = max(1.0, WARM_UP * steps)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min((step + 1) / rise, 1) * max(0.0, 1 - step / steps)
    )
    return optimizer, schedule


def _write(model: Any, answers: dict[str, Answers], out: Path) -> None:
    try:
        with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}.") as folder:
            whole = Path(folder) / out.name
            model.save(str(whole), create_model_card=False)
            write_answers(whole, answers)
            shutil.move(whole, out)
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"cannot be written ({reason})", place=str(out), remedy="choose another --out") from None
