"""Measure speaker attribution on PolNeAR and the throughput of the text rooms, as Markdown.

A third of the articles (by a hash of their names) is kept aside: nobody looked at their errors, only at their figures.
Needs ``shared/`` beside the repository (or ``STANCE_SHARED``): texts, annotations and the measure lie there.
"""

from __future__ import annotations

import collections
import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType
from typing import Any

from stance.statement import Document
from stance.text.attributing import attribute
from stance.text.segmenting import segment
from stance.text.wordlists import cue_nouns, cues

HERE = Path(__file__).parent
SHARED = Path(os.environ.get("STANCE_SHARED", HERE.parents[2] / "shared"))
TEXTS, ANNOTATIONS = SHARED / "polnear" / "text", SHARED / "polnear" / "attributions"
MEASURE = SHARED / "tools" / "attribution_eval.py"
RATES = ("speaker_match", "wrong", "unknown")


def main() -> None:
    """Measure, and print the tables."""
    if not MEASURE.exists():
        sys.exit(f"{MEASURE}: not there: set STANCE_SHARED to where polnear/ and tools/ lie")
    texts = sorted(TEXTS.glob("*.txt"))
    parts = {
        "worked on": [t for t in texts if not kept_aside(t)],
        "kept aside": [t for t in texts if kept_aside(t)],
        "all": texts,
    }
    found = {text.stem: statements(text) for text in texts}
    figures = {name: measured(part, found) for name, part in parts.items()}
    blocks = [figure_table(parts, figures), error_table(parts["worked on"], found), speed_table(texts)]
    print("\n\n".join(blocks))


def kept_aside(text: Path) -> bool:
    """The fixed third whose errors nobody looks at."""
    return hashlib.sha256(text.stem.encode()).digest()[0] % 3 == 0


def statements(text: Path) -> list[dict[str, Any]]:
    """What the measure reads: one object per statement."""
    document = Document(text.read_text(encoding="utf-8"), id=text.name)
    return [
        {"document": s.document, "start": s.start, "end": s.end, "speaker": s.speaker, "cue": s.cue}
        for s in attribute(document, segment(document))
    ]


def measured(part: list[Path], found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    """The figures of attribution_eval.py for some of the articles."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "texts").mkdir()
        for text in part:
            (here / "texts" / text.name).symlink_to(text.resolve())
        lines = [json.dumps(s) for text in part for s in found[text.stem]]
        (here / "out.jsonl").write_text("\n".join(lines), encoding="utf-8")
        command = [sys.executable, MEASURE, "--texts", here / "texts", "--ann", ANNOTATIONS, here / "out.jsonl"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    return dict(json.loads(done.stdout))


def figure_table(parts: dict[str, list[Path]], figures: dict[str, dict[str, Any]]) -> str:
    """Match, wrong and unknown of each part, quoted and indirect, and how often narration is given a speaker."""
    rows = ["| articles | kind | n | match | wrong | unknown |", "|---|---|---|---|---|---|"]
    for name, part in parts.items():
        for kind in ("direct", "indirect"):
            whole = figures[name][kind]
            split = {kind: whole, f"{kind}, named": whole["named"], f"{kind}, pronoun": whole["pronoun"]}
            if kind == "indirect":
                split[f"{kind}, verb of saying"] = whole["said"]
            for label, rates in split.items():
                shown = " | ".join(f"{rates[r]:.3f}" for r in RATES)
                rows.append(f"| {name} ({len(part)}) | {label} | {rates['n']} | {shown} |")
        narration = figures[name]["narration"]
        rate = narration["speaker_given"]
        rows.append(f"| {name} ({len(part)}) | narration given a speaker | {narration['n']} | {rate:.3f} | | |")
    return "\n".join(rows)


def measure() -> ModuleType:
    """The module of shared/tools/attribution_eval.py."""
    spec = importlib.util.spec_from_file_location("attribution_eval", MEASURE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def error_table(part: list[Path], found: dict[str, list[dict[str, Any]]]) -> str:
    """Errors on the articles worked on, by what went wrong."""
    ae = measure()
    referent = ae.referents()
    count: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for path in part:
        text = path.read_text(encoding="utf-8")
        mask = ae.quoted_mask(text)
        golds = list(ae.annotation(text, min(ANNOTATIONS.glob(f"{path.stem}_*.ann"))))
        named = [names(ae, referent, path, text, sources, golds) for _, sources, _ in golds]
        for (content, sources, cue), accepted in zip(golds, named, strict=True):
            body = " ".join(text[b:e] for b, e in content)
            if len(body.split()) < 5 or not accepted:
                continue
            verdict, speaker = ae.verdict(text, content, accepted, found[path.stem])
            if verdict == "match":
                continue
            ink = [i for b, e in content for i in range(b, e) if not text[i].isspace()]
            kind = "direct" if sum(mask[i] for i in ink) >= 0.9 * len(ink) else "indirect"
            others = [n for n in named if n is not accepted]
            beside = overlapping(golds, named, content, others)
            cause = reason(ae, " ".join(text[b:e] for b, e in cue), sources, text, speaker, beside)
            count[cause][f"{kind} {verdict}"] += 1
    columns = ("direct wrong", "direct unknown", "indirect wrong", "indirect unknown")
    rows = [f"| kind of error ({len(part)} articles worked on) | {' | '.join(columns)} |", "|---|---|---|---|---|"]
    for cause, cells in sorted(count.items(), key=lambda item: -item[1].total()):
        rows.append(f"| {cause} | {' | '.join(str(cells[c]) for c in columns)} |")
    return "\n".join(rows)


def names(ae: ModuleType, referent: Any, path: Path, text: str, sources: Any, golds: Any) -> list[str]:
    """The names that count for a source: as attribution_eval.py has them."""
    source = " ".join(text[b:e] for b, e in sources)
    who = referent(path.stem, sources[0][0]) if sources else None
    # "the president" has no words but titles, and is a source as it stands
    pronoun = not source.strip() or (bool(ae.words(source)) and set(ae.words(source)) <= ae.PRONOUNS)
    aliases = {
        " ".join(text[b:e] for b, e in other)
        for _, other, _ in golds
        if who and other and referent(path.stem, other[0][0]) == who
    }
    accepted = [who, *sorted(a for a in aliases if set(ae.words(a)) - ae.PRONOUNS)] if who else []
    return accepted if pronoun else [*accepted, source]


def overlapping(golds: Any, named: list[list[str]], content: Any, others: list[list[str]]) -> list[list[str]]:
    """The sources of other attributions within 400 characters of this content's first piece."""
    begin, end = content[0]
    return [
        accepted
        for (pieces, _, _), accepted in zip(golds, named, strict=True)
        if accepted in others and any(b < end + 400 and begin - 400 < e for b, e in pieces)
    ]


def reason(ae: ModuleType, cue: str, sources: Any, text: str, speaker: str | None, beside: list[list[str]]) -> str:
    """What an error is put down to."""
    words = [w.strip("’'.,:").lower() for w in cue.split()]
    source = " ".join(text[b:e] for b, e in sources)
    if speaker and any(ae.same(speaker, name) for accepted in beside for name in accepted):
        return "speaker of another attribution in or beside the sentence"
    if ae.words(source) and set(ae.words(source)) <= ae.PRONOUNS:
        return "pronoun or relative clause (he, they, who)"
    if not any(w in cues() for w in words):
        return (
            "noun as cue"
            if any(w in cue_nouns() for w in words)
            else "no cue of the lexicon (acts, nouns, set phrases)"
        )
    return "subject or clause misread, infinitive or participle as cue"


def speed_table(texts: list[Path]) -> str:
    """Statements per second of one core (processor time, best of five)."""
    documents = [Document(t.read_text(encoding="utf-8"), id=t.name) for t in texts]
    best: dict[str, float] = {}
    for _ in range(5):
        start = time.process_time()
        cut = [segment(d) for d in documents]
        middle = time.process_time()
        for d, found in zip(documents, cut, strict=True):
            attribute(d, found)
        end = time.process_time()
        n = sum(map(len, cut))
        for name, seconds in (("segmenting", middle - start), ("segmenting and attributing", end - start)):
            best[name] = max(best.get(name, 0.0), n / seconds)
    rows = ["| on the 84 articles, one core | statements/s |", "|---|---|"]
    return "\n".join([*rows, *(f"| {name} | {rate:,.0f} |" for name, rate in best.items())])


if __name__ == "__main__":
    main()
