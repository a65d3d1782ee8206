"""What the service answers, to the well-meaning and to others."""

import base64
import json
import logging
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from pdfs import pdf

from stance.analysis import analyse
from stance.model.table import Table
from stance.report.explanation import rows
from stance.report.summary import summarize
from stance.scorer import Scorer
from stance.service.examples import SCORE
from stance.service.guard import Doors, Limits
from stance.service.messages import ScoreAnswer, Statement
from stance.statement import Document

ROOT = Path(__file__).parents[2]
KEY = "a-key-for-tests-only-0123456789"
BAIT = "xyzzy-bait"


def score(client, **body):
    return client.post("/v1/score", json=body)


def command_line(*arguments, stdin=None):
    command = [sys.executable, "-m", "stance.cli", "score", *arguments, "--format", "json"]
    done = subprocess.run(command, cwd=ROOT, input=stdin, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_statements_are_the_objects_of_the_command_line(client, article):
    document = {"id": "examples/strait.txt", "text": article}
    assert score(client, documents=[document]).json()["statements"] == command_line("examples/strait.txt")


def test_a_text_is_what_standard_input_is(client):
    text = "The envoy said: “We will talk.” Nobody believed her. 日本 🕊 naïve."
    assert score(client, text=text).json()["statements"] == command_line("-", stdin=text)


def test_statements_are_rows_of_a_table(client):
    texts = ["They will pay for this, the minister said. All of them.", "Talks resume on Monday."]
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    assert score(client, statements=texts).json()["statements"] == command_line("-", "--unit", "line", stdin=lines)


def test_a_statement_with_line_breaks_stays_one(client):
    said = score(client, statements=["We will\nnever\u2028yield.", "So be it."]).json()["statements"]
    assert [s["text"] for s in said] == ["We will\nnever\u2028yield.", "So be it."]


def test_statements_without_attribution_are_those_of_the_library(client):
    texts = ["“We will talk,” the envoy said.", "Talks resume on Monday."]
    said = score(client, statements=texts, attribute=False).json()["statements"]
    assert [s["probabilities"] for s in said] == [dict(s.probabilities) for s in Scorer(Table.load()).score(texts)]
    assert [s["speaker"] for s in said] == [None, None]


def test_the_model_of_a_message_names_the_fields_of_a_statement(live):
    (scored,) = analyse([Document("We will talk.", "a")], live.model.tables[0])
    plain = {name for name, field in Statement.model_fields.items() if field.is_required()}
    assert plain == set(scored.to_dict())
    assert set(Statement.model_fields) == set(next(rows([scored], live.model.tables[0])))


def test_explanations_and_summary_are_those_of_the_library(client, article):
    answer = score(client, text=article, explain=True, summary="speaker", min_confidence=0.6).json()
    table = Table.load()
    scored = list(analyse([Document(article, "-")], table, min_confidence=0.6))
    assert answer["statements"] == json.loads(json.dumps(list(rows(scored, table))))
    assert answer["summary"] == json.loads(json.dumps([s.to_dict() for s in summarize(scored, "speaker")]))
    assert any(s["stance"] == "uncertain" for s in answer["statements"])


def test_what_was_not_asked_for_is_not_there(client):
    answer = score(client, text="We will talk.").json()
    assert "summary" not in answer
    assert "evidence" not in answer["statements"][0]


def test_offsets_of_a_page_count_the_text_in_the_answer(client):
    page = (
        '<html><head><meta charset="windows-1252"><title>Talks</title></head><body><script>alert(1)</script>'
        "<article><p>“Naïve,” the envoy of Marran said.</p><p>Talks ended on Friday.</p></article></body></html>"
    )
    answer = score(client, html=page).json()
    (document,) = answer["documents"]
    assert "alert" not in document["text"]
    assert all(document["text"][s["start"] : s["end"]] == s["text"] for s in answer["statements"])
    assert "Naïve" in document["text"]


def test_a_pdf_is_read_and_what_is_none_refused(client):
    sent = base64.b64encode(pdf("The two sides agreed to talk.", "They will meet on Friday.")).decode()
    answer = score(client, pdf=sent).json()
    (document,) = answer["documents"]
    assert (document["title"], document["date"]) == ("Envoys meet", "2024-03-01")
    assert [s["text"] for s in answer["statements"]] == ["The two sides agreed to talk.", "They will meet on Friday."]
    assert all(document["text"][s["start"] : s["end"]] == s["text"] for s in answer["statements"])
    assert "They will meet on Friday." in client.post("/view", json={"pdf": sent}).text
    for bad, words in (("%%%", "pdf: "), (base64.b64encode(b"%PDF-1.4 cut").decode(), "pdf: damaged PDF")):
        refused = score(client, pdf=bad)
        assert refused.status_code == 422
        assert words in refused.json()["detail"]


@pytest.mark.parametrize("field", ["title", "speaker", "source", "id", "date", "text"])
def test_half_a_surrogate_pair_is_refused(client, field):
    body = json.dumps({"documents": [{"text": "We will talk.", field: "\ud800"}], "summary": "speaker"})
    refused = client.post("/v1/score", content=body, headers={"content-type": "application/json"})
    assert refused.status_code == 422
    assert field in refused.json()["detail"]


def test_a_batch_keeps_order_names_and_dates(client):
    batch = [
        {"text": "They threatened war.", "id": "b", "date": "2024-05-01"},
        {"text": "Peace. Thanks.", "title": "T"},
    ]
    answer = score(client, documents=batch, summary="date").json()
    assert [s["document"] for s in answer["statements"]] == ["b", "-:2", "-:2"]
    assert [d["title"] for d in answer["documents"]] == [None, "T"]
    assert [row["name"] for row in answer["summary"]] == ["2024-05-01", None]


def test_a_summary_without_dates_says_so_in_the_words_of_the_error(client):
    refused = score(client, text="We will talk.", summary="date")
    assert refused.status_code == 422
    assert refused.json()["detail"].startswith("summary by date: no document has a date: ")


@pytest.mark.parametrize("name", SCORE)
def test_the_examples_of_the_openapi_document_work(client, name):
    assert score(client, **SCORE[name]["value"]).status_code == 200


LONG_WAY = {"content-type": "application/json; charset=utf-8"}
"""With this header a request goes through all of FastAPI, with plain ``application/json`` past it."""


@pytest.mark.parametrize("name", SCORE)
def test_both_ways_to_a_score_give_the_same_answer(client, name):
    for body in (SCORE[name]["value"], {**SCORE[name]["value"], "explain": True}):
        short = client.post("/v1/score", json=body)
        long = client.post("/v1/score", content=json.dumps(body).encode(), headers=LONG_WAY)
        assert short.content == long.content
        assert {*short.headers} == {*long.headers}


@pytest.mark.parametrize("explain", [False, True])
@pytest.mark.parametrize("summary", [None, "document", "speaker", "pair", "date"])
def test_answers_are_what_their_messages_say(client, article, summary, explain):
    documents = [
        {"text": article, "date": "2024-05-27", "title": "Strait"},
        {"html": "<p>0</p>", "speaker": "", "source": ""},
        {"text": "0", "date": "0001-01-01", "speaker": "\0"},
    ]
    for body in ({"documents": documents}, {"text": article}, {"statements": ["0", article]}):
        answer = score(client, **body, explain=explain, **({"summary": summary} if summary else {}))
        if summary == "date" and "documents" not in body:
            assert answer.status_code == 422
        else:
            ScoreAnswer.model_validate_json(answer.content)


def test_the_model_says_what_it_is(client, live):
    model = client.get("/v1/model").json()
    assert model["digest"] == live.model.digest == Table.load().digest
    assert model["labels"] == ["conciliatory", "hawkish", "neutral"]
    assert model["card"].startswith("# Model card")
    assert model["metrics"]["test"]["macro_f1"] > 0.5


HOSTILE = {
    "no object": b"[]",
    "a number": b"7",
    "nothing": b"",
    "no JSON": b"{'text': 'a'}",
    "cut JSON": b'{"text": "a',
    "invalid UTF-8": b'{"text": "\xff\xfe\x80"}',
    "half a surrogate pair": b'{"text": "\\ud800 talks"}',
    "deep JSON": b'{"text": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "UTF-16": '{"text": "talks", "unit": "word"}'.encode("utf-16"),
    "a raw NUL": b'{"text": "a\0b"}',
    "a NUL after it": b'{"text": "a"}\0',
    "two objects": b'{"text": "a"}{"text": "b"}',
    "half a surrogate pair in a statement": b'{"statements": ["a", "\\udfff"]}',
    "half a surrogate pair in a name": b'{"documents": [{"text": "a", "id": "\\ud800"}]}',
    "many digits in a key": b'{"' + b"9" * 1_000_000 + b'": 1}',
    "a date out of range": b'{"documents": [{"text": "a", "date": "0000-00-00"}]}',
    "a number for a date": b'{"documents": [{"text": "a", "date": 20240531}]}',
    "a very long name": json.dumps({"documents": [{"text": "a", "id": "x" * 501}]}).encode(),
    "text is a number": b'{"text": 5}',
    "text is a list": b'{"text": ["a"]}',
    "text is null": b'{"text": null}',
    "text is empty": b'{"text": " \\n\\t "}',
    "two kinds": b'{"text": "a", "html": "b"}',
    "unknown field": b'{"text": "a", "__proto__": {"x": 1}}',
    "huge number": b'{"text": "a", "min_confidence": 1e400}',
    "many digits": b'{"text": "a", "min_confidence": ' + b"9" * 10_000 + b"}",
    "not a number": b'{"text": "a", "min_confidence": NaN}',
    "negative": b'{"text": "a", "min_confidence": -1}',
    "text for a number": b'{"text": "a", "min_confidence": "0.5"}',
    "boolean for a number": b'{"text": "a", "min_confidence": true}',
    "unknown unit": b'{"text": "a", "unit": "word"}',
    "no statements": b'{"statements": []}',
    "statement is null": b'{"statements": ["a", null]}',
    "no documents": b'{"documents": []}',
    "empty document": b'{"documents": [{}]}',
    "no such day": b'{"documents": [{"text": "a", "date": "2024-02-31"}]}',
    "page without text": b'{"html": "<script>x</script>"}',
    "too many statements": json.dumps({"statements": ["a"] * 5_001}).encode(),
    "too many documents": json.dumps({"documents": [{"text": "a"}] * 5_001}).encode(),
    "too many lines": json.dumps({"text": "a\n" * 5_001}).encode(),
    "too many sentences": json.dumps({"text": "We agree. " * 5_001}).encode(),
    "too long": b'{"text": "' + b"a" * 2_000_001 + b'"}',
    "one byte too long": b'{"text": "' + b"a" * (2_000_000 - 11) + b'"}',
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_hostile_bodies_get_a_problem_and_no_traceback(client, body):
    short = {"content-type": "application/json"}
    for path, headers in (("/v1/score", short), ("/v1/score", LONG_WAY), ("/view", short)):
        answer = client.post(path, content=body, headers=headers)
        assert 400 <= answer.status_code < 500
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert set(problem) == {"type", "title", "status", "detail", "request_id"}
        assert problem["status"] == answer.status_code
        assert "Traceback" not in answer.text
        assert len(answer.text) < 1000


@pytest.mark.parametrize(
    ("name", "status", "what"),
    [
        ("too many statements", 413, "statements: more than 5,000: send them in parts"),
        ("too many documents", 413, "documents: more than 5,000: send them in parts"),
        ("too many sentences", 413, "body: more than 5,000 statements: send it in parts"),
        ("deep JSON", 422, "body: JSON that goes too deep"),
        ("many digits", 422, "body: JSON that goes too deep, or a number too long"),
    ],
)
def test_what_is_too_much_is_said_with_status_and_remedy(client, name, status, what):
    for headers in ({"content-type": "application/json"}, LONG_WAY):
        answer = client.post("/v1/score", content=HOSTILE[name], headers=headers)
        assert answer.status_code == status
        assert answer.json()["detail"].startswith(what)


STRANGE = [
    "<script>alert(1)</script>", "\0\x07\x1b[31m", "\u202e\ufeff\u200b", "a" * 400_000, "a." * 100_000, "9" * 200_000,
    "“" * 20_000, "'" * 100_000, "said " * 20_000, ", he said, " * 3_000, "Ab " * 30_000, "\u0301" * 100_000, "=1+1",
]  # fmt: skip


@pytest.mark.parametrize("text", STRANGE, ids=lambda text: repr(text[:8]))
def test_strange_texts_are_scored_like_any_other(client, text):
    answer = score(client, text=text)
    assert answer.status_code == 200
    assert all(text[s["start"] : s["end"]] == s["text"] for s in answer.json()["statements"])


SLOW = {
    "one word": {"text": "a" * 1_900_000},
    "one statement to explain": {"text": "a. " * 20_000, "explain": True},
    "tags without end": {"html": "<a " * 50_000},
    "attributes without end": {"html": "x" + '<a b="' * 50_000},
    "comments without end": {"html": "x<!--" * 50_000},
    "empty tags": {"html": "<p>" * 600_000},
    "half a million lines": {"text": '"\n' * 500_000},
    "much to explain": {"text": "a. " * 200_000, "explain": True},
}


@pytest.mark.parametrize("body", SLOW.values(), ids=SLOW)
@pytest.mark.parametrize("path", ["/v1/score", "/view"])
def test_no_text_takes_more_than_its_length_accounts_for(client, path, body):
    start = time.process_time()
    answer = client.post(path, json=body)
    assert answer.status_code in (200, 413, 422)
    assert "not done" not in answer.text
    assert time.process_time() - start < 12


def test_the_view_escapes_what_it_was_sent(client):
    text = "<script>alert(1)</script> said “</a><img src=x onerror=alert(1)>” & left."
    shown = client.post("/view", json={"text": text}).text
    assert "<script>alert" not in shown
    assert "<img" not in shown
    assert "&lt;script&gt;alert(1)" in shown
    held = re.search(r'<script type="application/json" id="downloads">(.*)</script>', shown)
    assert held
    assert "<script>" in json.loads(held[1])["json"]


def test_only_json_is_taken(client):
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        assert client.post("/v1/score", content=b'{"text": "a"}', headers={"content-type": kind}).status_code == 415


@pytest.mark.parametrize(("method", "path", "status"), [
    ("GET", "/nothing", 404), ("GET", "/v1/score", 405), ("DELETE", "/v1/score", 405), ("TRACE", "/", 405),
    ("GET", "/static/../app.py", 404), ("GET", "/static/%2e%2e%2fhtml.py", 404), ("GET", "/static/base.html", 404),
    ("GET", "/docs", 404),
])  # fmt: skip
def test_other_ways_in_are_closed(client, method, path, status):
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"


def test_every_answer_carries_its_guards(client):
    for answer in (client.get("/"), client.get("/nothing"), score(client, text="a"), client.get("/static/view.css")):
        assert "script-src 'self';" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert "access-control-allow-origin" not in answer.headers


def test_the_page_needs_nothing_inline_and_nothing_from_outside(client, article):
    for markup in (client.get("/").text, client.post("/view", json={"text": article}).text):
        assert not re.search(r"\sstyle=|\son\w+=|<style|https?://|javascript:", markup)
        assert not re.search(r"<script(?! src=\"/static/| type=\"application/json\")", markup)
    for name in ("view.css", "view.js", "page.js"):
        assert client.get(f"/static/{name}").status_code == 200
        assert not re.search(r"https?://|@import|eval\(", client.get(f"/static/{name}").text)


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "", "[::1", "a" * 5000]
)
def test_a_foreign_host_is_refused(client, host):
    assert client.get("/healthz", headers={"host": host}).status_code == 421


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:8000", "[::1]:8000", "stance.example", "STANCE.example:443"])
def test_its_own_names_are_known(keyed, host):
    assert keyed.get("/healthz", headers={"host": host}).status_code == 200


def test_other_sites_read_nothing_unless_named(make_client, live):
    client = make_client(live, doors=Doors(origins=frozenset({"https://desk.example"})))
    ask = {"access-control-request-method": "POST"}
    for origin, allowed in (("https://desk.example", "https://desk.example"), ("https://evil.example", None)):
        for answer in (
            client.options("/v1/score", headers={"origin": origin, **ask}),
            client.post("/v1/score", json={"text": "a"}, headers={"origin": origin}),
        ):
            assert answer.headers.get("access-control-allow-origin") == allowed


def test_a_key_opens_and_nothing_else_does(keyed):
    for path in ("/v1/model", "/metrics"):
        for headers in (
            {},
            {"authorization": "Bearer wrong"},
            {"authorization": KEY[:-1]},
            {"x-api-key": "ü".encode()},
        ):
            refused = keyed.get(path, headers=headers)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"] == "Bearer"
        for headers in ({"authorization": f"Bearer {KEY}"}, {"x-api-key": KEY}):
            assert keyed.get(path, headers=headers).status_code == 200
    assert keyed.post("/view", json={"text": "a"}).status_code == 401
    assert keyed.get("/").status_code == keyed.get("/healthz").status_code == keyed.get("/readyz").status_code == 200


def test_reloading_needs_a_key(client, keyed, live):
    assert client.post("/v1/model/reload").status_code == 403
    assert keyed.post("/v1/model/reload").status_code == 401
    answer = keyed.post("/v1/model/reload", headers={"authorization": f"Bearer {KEY}"})
    assert answer.json()["digest"] == live.model.digest
    assert "security" in keyed.get("/openapi.json").json()["paths"]["/v1/model/reload"]["post"]


def test_a_full_house_says_when_to_come_back(make_client, live):
    refused = score(make_client(live, limits=Limits(waiting=0)), text="a")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"


def test_work_that_takes_too_long_is_given_up(make_client, live):
    refused = score(make_client(live, limits=Limits(work=0.0)), text="a " * 30_000)
    assert refused.status_code == 422
    assert refused.json()["detail"] == "body: not done after 0 s: send it in parts"


def test_request_ids_are_kept_if_harmless_and_made_if_not(client):
    assert client.get("/healthz", headers={"x-request-id": "desk-7.1"}).headers["x-request-id"] == "desk-7.1"
    for given in ("a b", "x" * 65, "", "<script>"):
        assert re.fullmatch(
            "[0-9a-f]{32}", client.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"]
        )


class Broken:
    """A model that fails in a way nobody foresaw, with the user's words in the error."""

    def __init__(self, live):
        class Table:
            def score(self, texts):
                raise KeyError(f"{texts}")

        self.model = type("Model", (), {"tables": (Table(), Table()), "name": live.model.name})()


def test_a_fault_shows_neither_its_inside_nor_what_the_user_wrote(make_client, live, caplog):
    caplog.set_level(logging.INFO)
    answer = score(make_client(Broken(live)), text=f"{BAIT} will talk.")
    assert answer.status_code == 500
    assert answer.json()["detail"] == "a fault of the service: tell its keeper the request id"
    (line,) = [record for record in caplog.records if record.name == "stance.service"]
    assert line.fields["error"].startswith("KeyError at ")
    assert BAIT not in answer.text + str(line.fields) + caplog.text


def test_the_log_holds_ids_and_sizes_but_no_words(client, caplog):
    caplog.set_level(logging.INFO)
    answer = score(client, text=f"{BAIT} will talk.")
    client.get(f"/{BAIT}?{BAIT}=1")
    client.post("/v1/score", content=f'{{"{BAIT}": 1'.encode(), headers={"content-type": "application/json"})
    lines = [record.fields for record in caplog.records if record.name == "stance.service"]
    assert [line["status"] for line in lines] == [200, 404, 422]
    assert lines[0]["request_id"] == answer.headers["x-request-id"]
    assert (lines[0]["route"], lines[0]["statements"]) == ("/v1/score", 1)
    assert BAIT not in str(lines)


def test_figures_count_requests_statements_and_the_model(client, live, article):
    def figure(pattern):
        found = re.search(rf"^{pattern} ([\d.e+-]+)$", client.get("/metrics").text, re.M)
        return float(found[1]) if found else 0.0

    patterns = (
        r'stance_requests_total\{method="POST",route="/v1/score",status="200"\}',
        r'stance_request_seconds_count\{method="POST",route="/v1/score"\}',
        r'stance_statements_total\{stance="hawkish"\}',
        r"stance_confidence_count",
    )
    before = [figure(pattern) for pattern in patterns]
    said = score(client, text=article).json()["statements"]
    hawkish = sum(s["stance"] == "hawkish" for s in said)
    assert [figure(p) - b for p, b in zip(patterns, before, strict=True)] == [1, 1, hawkish, len(said)]
    assert (
        figure(rf'stance_model_info\{{digest="{live.model.digest}",name="{live.model.name.name}",version="\w+"\}}') == 1
    )
