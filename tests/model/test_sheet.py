from pathlib import Path

import pytest

from stance.errors import InputError
from stance.model.corpus import read_labelled
from stance.model.sheet import data_sheet, gap_sheet, main, write_sheet

CORPUS = Path(__file__).parents[2] / "data" / "corpus"
SPOKEN = CORPUS / "spoken.jsonl"
MARKED = "# Sheet\n<!-- generated: counts -->\nold\n<!-- end: counts -->\nby hand\n"


def test_only_what_is_generated_changes(tmp_path: Path) -> None:
    sheet = tmp_path / "README.md"
    sheet.write_text(MARKED)
    frame = read_labelled([SPOKEN])
    write_sheet(sheet, frame)
    text = sheet.read_text(encoding="utf-8")
    assert text.startswith("# Sheet\n<!-- generated: counts -->\n")
    assert text.endswith("<!-- end: counts -->\nby hand\n")
    assert data_sheet(frame) in text
    assert [path.name for path in tmp_path.iterdir()] == ["README.md"]


def test_the_sheet_counts_every_statement_once() -> None:
    frame = read_labelled([SPOKEN])
    rows = [line for line in data_sheet(frame).splitlines() if line.startswith("| spoken |")]
    assert rows[0].endswith(f"| {len(frame):,} |")


def test_a_sheet_without_markers_is_refused_and_left_alone(tmp_path: Path) -> None:
    sheet = tmp_path / "README.md"
    sheet.write_text("# Sheet\n")
    with pytest.raises(InputError, match="no part 'counts': put <!-- generated: counts --> and"):
        write_sheet(sheet, read_labelled([SPOKEN]))
    assert sheet.read_text() == "# Sheet\n"


def test_gaps_are_measured_against_the_reference_of_the_genre(tmp_path: Path) -> None:
    texts = read_labelled([CORPUS / "press-briefings.jsonl"])["text"]
    (tmp_path / "quote.txt").write_text("\n".join(texts), encoding="utf-8")
    rows = gap_sheet(read_labelled([SPOKEN]), tmp_path).splitlines()
    assert rows[-1].startswith("| spoken | quote | 449 | 0.")


def test_the_command_writes_the_sheet_and_says_what_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "README.md"
    sheet.write_text(MARKED)
    assert main([str(sheet), str(SPOKEN)]) == 0
    assert "old" not in sheet.read_text(encoding="utf-8")
    assert main([str(tmp_path / "gone.md"), str(SPOKEN)]) == 1
    assert "gone.md: no such file" in capsys.readouterr().err
    assert main([]) == 2
