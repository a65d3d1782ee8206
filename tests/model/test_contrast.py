from pathlib import Path

import pytest

from stance.errors import InputError
from stance.model.contrast import contrast
from stance.model.table import Table

FOLDER = Path(__file__).parents[2] / "data" / "contrast"


def test_a_group_counts_only_when_all_of_it_is_right(tmp_path):
    file = tmp_path / "negation.tsv"
    file.write_text(
        "group\ttext\tstance\ttone\n"
        'a\t"We are ready to meet at any time," the envoy said.\tconciliatory\t1\n'
        "a\tThe ministers thanked each other and signed an agreement to cooperate.\thawkish\t0\n"
        "b\tThe army shelled the town and killed ten people.\thawkish\t0\n",
        encoding="utf-8",
    )
    result = contrast(Table.load(), [file])
    assert (result.rows, result.groups) == (3, 2)
    assert result.accuracy == pytest.approx(2 / 3)
    assert result.groups_right == 0.5
    assert list(result.by) == ["negation"]


def test_the_shipped_contrast_set_is_read_whole():
    files = sorted(FOLDER.glob("*.tsv"))
    result = contrast(Table.load(), files)
    lines = sum(len(f.read_text(encoding="utf-8").splitlines()) - 1 for f in files)
    assert result.rows == lines
    assert result.groups >= 300


@pytest.mark.parametrize("content", ["", "group\ttext\n", "text\tstance\nx\thawkish\n"])
def test_files_of_another_kind_are_refused(tmp_path, content):
    file = tmp_path / "x.tsv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"x\.tsv: no contrast file"):
        contrast(Table.load(), [file])


def test_missing_files_are_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        contrast(Table.load(), [tmp_path / "gone.tsv"])
    with pytest.raises(InputError, match="no contrast files"):
        contrast(Table.load(), [])
