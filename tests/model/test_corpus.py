import json
import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stance.errors import InputError
from stance.model.corpus import (
    digest,
    groups,
    read_labelled,
    read_texts,
    require_labels,
    require_trainable,
    split,
)

CORPUS = Path(__file__).parents[2] / "data" / "corpus"
TEXTS = (
    "The ministry proposed a new round of talks.",
    "The general warned that the port would be shelled.",
    "The commission meets twice a year.",
    "Both sides released the crews of the trawlers.",
)


def write(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return path


def refusal(path: Path, **columns: str) -> str:
    with pytest.raises(InputError) as error:
        read_labelled([path], **columns)
    return str(error.value).removeprefix(f"{path}")


def test_columns_get_their_names_and_types_and_the_others_stay(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"year,text,stance,tone,scenario\n1999,{TEXTS[0]},conciliatory,1,s1\n2001,{TEXTS[1]},hawkish,,s2\n")
    frame = read_labelled([path])
    assert list(frame.columns) == ["text", "label", "tone", "group", "file", "line", "year"]
    assert list(frame["text"]) == list(TEXTS[:2])
    assert list(frame["label"]) == ["conciliatory", "hawkish"]
    assert frame["tone"].iloc[0] == 1.0
    assert frame["tone"].isna().tolist() == [False, True]
    assert list(frame["line"]) == [2, 3]
    assert list(frame["year"]) == ["1999", "2001"]


def test_columns_can_be_named_and_then_win_over_others_of_the_usual_names(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"sentence": TEXTS[0], "text": "id 7", "code": 3, "label": "x", "group": 5}])
    row = read_labelled([path], text_column="sentence", label_column="code").iloc[0]
    assert (row["text"], row["label"], row["group"]) == (TEXTS[0], "3", "5")


def test_stance_is_preferred_to_label_and_scenario_to_group(tmp_path: Path) -> None:
    row = {"text": TEXTS[0], "label": "L", "stance": "S", "group": "g", "scenario": "s"}
    frame = read_labelled([write(tmp_path / "a.jsonl", [row])])
    assert (frame["label"][0], frame["group"][0]) == ("S", "s")


def test_tone_and_group_are_columns_only_where_a_file_has_them(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"text": TEXTS[0], "stance": "neutral", "tone": None}])
    assert not {"tone", "group"} & set(read_labelled([path]).columns)


def test_whole_number_labels_with_gaps_keep_their_names(tmp_path: Path) -> None:
    frame = pd.DataFrame({"text": TEXTS, "label": [0, 1, 2, 0], "scenario": [1.0, 2.0, None, 4.0]})
    frame.to_parquet(tmp_path / "a.parquet")
    read = read_labelled([tmp_path / "a.parquet"])
    assert list(read["label"]) == ["0", "1", "2", "0"]
    assert list(read["group"]) == ["1", "2", None, "4"]


def test_files_of_a_folder_are_read_together(tmp_path: Path) -> None:
    write(tmp_path / "b.jsonl", [{"text": TEXTS[0], "stance": "neutral"}])
    write(tmp_path / "a.jsonl", [{"text": TEXTS[1], "label": "hawkish", "source": "wire"}])
    frame = read_labelled([tmp_path])
    assert [Path(file).name for file in frame["file"]] == ["a.jsonl", "b.jsonl"]
    assert frame["source"].tolist()[0] == "wire"


def test_half_surrogates_of_json_are_replaced(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"text": "no \\ud83d deal", "stance": "neutral"}')
    assert read_labelled([tmp_path])["text"][0] == "no \ufffd deal"


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ({"text": None}, ":2: no text (empty or NaN): "),
        ({"text": "  "}, ":2: no text (empty or NaN): "),
        ({"text": float("nan")}, ":2: no text (empty or NaN): "),
        ({"text": "nan"}, ":2: no text (empty or NaN): "),
        ({"text": 17}, ":2: the text is no string but 17: "),
        ({"stance": ""}, ":2: no label (empty or NaN): "),
        ({"stance": ["a", "b"]}, ':2: the label is no string but ["a", "b"]: '),
        ({"tone": 4}, ":2: tone 4 is out of range: give a number from -3 to 3"),
        ({"tone": float("inf")}, ":2: tone inf is out of range: "),
        ({"tone": "harsh"}, ":2: tone 'harsh' is not a number: "),
    ],
)
def test_a_flawed_row_is_refused_with_its_line(tmp_path: Path, row: dict[str, Any], what: str) -> None:
    sound = {"text": TEXTS[0], "stance": "neutral", "tone": 0}
    assert refusal(write(tmp_path / "a.jsonl", [sound, sound | row])).startswith(what)


def test_a_label_of_none_is_a_label(tmp_path: Path) -> None:
    assert read_labelled([write(tmp_path / "a.jsonl", [{"text": "a", "label": "NONE"}])])["label"][0] == "NONE"


def test_an_unknown_column_is_refused_with_the_columns_there_are(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", [{"body": TEXTS[0], "stance": "neutral"}])
    assert refusal(path) == ":1: no column 'text' (its columns: body, stance): name the column with --text-column"
    assert "no column 'code'" in refusal(path, text_column="body", label_column="code")
    path = write(tmp_path / "a.jsonl", [{"text": TEXTS[0], "code": 1}])
    assert refusal(path).startswith(":1: no column 'stance' or 'label'")
    assert refusal(path).endswith("--label-column")


def frame_of(*rows: tuple[str, str], **columns: list[Any]) -> pd.DataFrame:
    texts, labels = zip(*rows, strict=True) if rows else ((), ())
    return pd.DataFrame(
        {"text": list(texts), "label": list(labels), "file": "a.csv", "line": range(2, len(rows) + 2), **columns}
    )


@pytest.mark.parametrize(
    ("frame", "what"),
    [
        (frame_of(), "no rows"),
        (frame_of((TEXTS[0], "a"), (TEXTS[1], "a")), "a.csv: only one label, 'a': "),
        (frame_of((TEXTS[0], "a"), (TEXTS[1], "a"), (TEXTS[2], "b")), "a.csv: only 1 row labelled 'b': "),
        (
            frame_of(*zip(TEXTS, "abab", strict=True), group=["s"] * 4),
            "a.csv: all rows belong to one scenario",
        ),
    ],
)
def test_what_cannot_be_trained_on_is_refused(frame: pd.DataFrame, what: str) -> None:
    with pytest.raises(InputError) as error:
        require_trainable(frame)
    assert str(error.value).startswith(what)


def test_two_rows_of_two_labels_can_be_trained_on() -> None:
    require_trainable(frame_of(*zip(TEXTS, "abab", strict=True)))


def test_an_unknown_label_is_refused_at_its_first_row() -> None:
    with pytest.raises(InputError, match=r"^a.csv:3: unknown label 'dove' \(2 rows\): the labels are hawk, other$"):
        require_labels(frame_of(("a", "hawk"), ("b", "dove"), ("c", "dove")), ["hawk", "other"])


def test_the_digest_minds_content_and_not_order_or_place() -> None:
    frame = frame_of(*zip(TEXTS, "abab", strict=True), tone=[0.0, 1.0, float("nan"), 2.0])
    shuffled = frame.sample(frac=1, random_state=3).assign(file="elsewhere.jsonl")
    assert digest(frame) == digest(shuffled)
    for change in ({"text": "other"}, {"label": "c"}, {"tone": 3.0}, {"group": "g"}):
        assert digest(frame.assign(**change)) != digest(frame)
    assert len(digest(frame)) == 64


def test_groups_are_the_scenarios_and_else_the_near_duplicates() -> None:
    repeated = TEXTS[0].upper()
    assert list(groups(frame_of((TEXTS[0], "a"), (repeated, "a"), group=["x", "y"]))) == ["x", "y"]
    lone = groups(frame_of((TEXTS[0], "a"), (TEXTS[1], "a"), (repeated, "b")))
    assert lone[0] == lone[2] != lone[1]
    mixed = groups(frame_of((TEXTS[0], "a"), (TEXTS[1], "a"), (repeated, "b"), group=[None, "x", None]))
    assert list(mixed) == [lone[0], "x", lone[0]]


def test_groups_do_not_depend_on_the_order_or_the_index_of_rows() -> None:
    frame = read_labelled([CORPUS / "spoken.jsonl"]).drop(columns="group")
    shuffled = frame.sample(frac=1, random_state=1)
    assert groups(shuffled).sort_index().equals(groups(frame))


def test_no_scenario_is_on_both_sides_and_the_sides_have_their_size() -> None:
    frame = read_labelled([CORPUS])
    train, test = split(frame)
    assert not set(train["group"]) & set(test["group"])
    assert len(train) + len(test) == len(frame)
    assert 0.13 < len(test) / len(frame) < 0.18


def test_new_scenarios_never_move_an_old_one() -> None:
    frame = read_labelled([CORPUS])
    part = frame[frame["group"].isin(random.Random(0).sample(sorted(set(frame["group"])), 500))]
    assert set(split(part)[1]["text"]) == set(split(frame)[1]["text"]) & set(part["text"])


def test_the_sides_are_the_same_in_every_process_and_version() -> None:
    ids = [f"scenario-{n}" for n in range(30)]
    tested = split(frame_of(*[("t", "a")] * 30, group=ids))[1]
    assert list(tested["group"]) == [f"scenario-{n}" for n in (1, 7, 8, 10, 12, 14, 15, 18, 20, 27, 28)]


def test_texts_come_from_lines_and_from_columns(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(f"{TEXTS[0]}\r\n\r\n  {TEXTS[1]}\r\n")
    write(tmp_path / "b.jsonl", [{"text": TEXTS[2]}, {"text": None}, {"text": TEXTS[3]}])
    assert read_texts(tmp_path / "a.txt") == list(TEXTS[:2])
    assert read_texts(tmp_path) == list(TEXTS)
    with pytest.raises(InputError, match="no column 'body'"):
        read_texts(tmp_path / "b.jsonl", text_column="body")
