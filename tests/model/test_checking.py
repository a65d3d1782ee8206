import json
from pathlib import Path
from typing import Any

import pytest

from stance.model.checking import CheckReport, check
from stance.model.corpus import read_labelled
from stance.model.traits import predict_by_traits

CORPUS = Path(__file__).parents[2] / "data" / "corpus"
SOUND: dict[str, Any] = {
    "id": "a1",
    "scenario": "s1",
    "text": "The two delegations will meet again in Muscat on 4 March to discuss the release of prisoners.",
    "stance": "conciliatory",
    "tone": 0.0,
}
OTHER = SOUND | {
    "id": "a2",
    "scenario": "s2",
    "text": "Nobody will be let across the bridge, the commander said.",
    "stance": "hawkish",
}


def checked(tmp_path: Path, *rows: dict[str, Any], **options: Any) -> CheckReport:
    path = tmp_path / "a.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return check([path], **options)


def test_sound_rows_pass(tmp_path: Path) -> None:
    report = checked(tmp_path, SOUND, OTHER)
    assert report.ok
    assert (report.n, dict(report.counts)) == (2, {"conciliatory": 1, "hawkish": 1})


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ({"text": ""}, "no text"),
        ({"stance": "friendly"}, "unknown label 'friendly': the labels are conciliatory, hawkish, neutral"),
        ({"tone": -3.5}, "tone -3.5 is out of range"),
        ({"id": "a1"}, "id 'a1' stands at"),
        ({"text": SOUND["text"].lower()}, "the same words as"),
    ],
)
def test_every_error_names_its_line(tmp_path: Path, row: dict[str, Any], error: str) -> None:
    report = checked(tmp_path, SOUND, OTHER | row)
    assert not report.ok
    assert len(report.errors) == 1
    assert report.errors[0].startswith(f"{tmp_path / 'a.jsonl'}:2: {error}")
    assert f"error: {report.errors[0]}" in report.to_text()


def test_all_errors_are_reported_at_once(tmp_path: Path) -> None:
    broken = tmp_path / "b.jsonl"
    broken.write_text("{")
    (tmp_path / "a.jsonl").write_text("\n".join(json.dumps(SOUND | row) for row in ({"text": ""}, {"tone": 9})))
    report = check([tmp_path, tmp_path / "gone.csv"])
    assert [error.split(": ")[1] for error in report.errors] == [
        "no text (empty or NaN)",
        "tone 9 is out of range",
        "broken JSON (Expecting property name enclosed in double quotes)",
        "no such file",
    ]
    assert report.n == 0


def test_other_labels_can_be_given(tmp_path: Path) -> None:
    rows = (SOUND | {"stance": "dovish"}, OTHER)
    assert checked(tmp_path, *rows, labels=("dovish", "hawkish")).ok


def test_a_contradicted_duplicate_says_so(tmp_path: Path) -> None:
    report = checked(tmp_path, SOUND, SOUND | {"id": "a2", "stance": "neutral"})
    assert report.errors[0].endswith("a.jsonl:1, where it is conciliatory: delete one of them")


def test_near_duplicates_are_a_warning_and_only_across_scenarios(tmp_path: Path) -> None:
    near = SOUND | {"id": "a2", "text": SOUND["text"].replace("4 March", "9 May")}
    assert not checked(tmp_path, SOUND, near).warnings
    report = checked(tmp_path, SOUND, near | {"scenario": "s2"})
    assert report.ok
    assert report.warnings[0].startswith(f"{tmp_path / 'a.jsonl'}:2: nearly the words of")
    assert report.shared_runs is not None
    assert report.shared_runs["statements"] == 2


def test_without_scenarios_near_duplicates_do_no_harm(tmp_path: Path) -> None:
    rows = [{"text": SOUND["text"], "label": "x"}, {"text": SOUND["text"].replace("4", "5 or 6"), "label": "y"}]
    report = checked(tmp_path, *rows, labels=("x", "y"))
    assert not report.warnings
    assert report.shared_runs is None


def test_garbled_characters_and_rare_labels_are_warnings(tmp_path: Path) -> None:
    rows = [OTHER | {"id": n, "scenario": n, "text": f"{'x' * n} closed the border"} for n in range(1, 30)]
    report = checked(tmp_path, *rows, SOUND | {"text": "The envoyâ€™s visit was put off."})
    assert [warning.split(": ")[-2] for warning in report.warnings] == [
        "only 3.3% of the rows are conciliatory",
        "garbled characters (â€, Ã, �) in 1 row, this the first",
    ]


def test_a_trait_that_gives_the_label_away_is_found(tmp_path: Path) -> None:
    rows = [
        {
            "text": f"{'word ' * (n % 5 + (12 if n % 2 else 1))}{chr(97 + n % 26)}{n}",
            "label": "long" if n % 2 else "short",
            "actors": ["Peru", "Chile"] if n % 3 else ["Chile"],
            "group": f"g{n}",
        }
        for n in range(200)
    ]
    report = checked(tmp_path, *rows, labels=("long", "short"))
    assert report.predictability["length"]["macro_f1"] > 0.95
    assert abs(report.predictability["actors"]["macro_f1"] - 0.5) < 0.15
    assert any(warning.startswith("the label can be told from length alone") for warning in report.warnings)
    assert not any("told from actors" in warning for warning in report.warnings)


def test_without_an_actors_column_names_in_the_text_stand_for_them() -> None:
    frame = read_labelled([CORPUS / "press-briefings.jsonl"])
    assert predict_by_traits(frame.drop(columns="actors"))["actors"]["macro_f1"] > 0.25


def test_the_report_reads_as_text_and_as_json(tmp_path: Path) -> None:
    report = checked(tmp_path, SOUND, OTHER)
    assert json.loads(json.dumps(report.to_dict()))["ok"] is True
    assert "2 statements in 1 file, conciliatory 1 (50%), hawkish 1 (50%)" in report.to_text()
