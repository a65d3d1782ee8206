"""Print the attributed statements of text files as JSON lines: ``python attribute.py texts/*.txt > out.jsonl``."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from stance.statement import Document
from stance.text.attributing import attribute
from stance.text.segmenting import segment


def main() -> None:
    for name in sys.argv[1:]:
        document = Document(Path(name).read_text(encoding="utf-8"), id=name)
        for s in attribute(document, segment(document)):
            row = {"document": name, "start": s.start, "end": s.end, "voice": s.voice, "speaker": s.speaker}
            row |= {"speaker_full": s.speaker_full, "target": s.target, "cue": s.cue, "text": s.text}
            print(json.dumps(row, ensure_ascii=False))


if __name__ == "__main__":
    main()
