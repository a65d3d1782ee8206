"""Connections that send too slowly, too much or nothing, and clients that do not read."""

import json
import socket
import threading
import time

import pytest

POST = b"POST /v1/score HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"


def connect(service, *, buffer=None):
    connection = socket.socket()
    if buffer:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.settimeout(20)
    connection.connect(("127.0.0.1", service.port))
    return connection


def rest(connection):
    """All that comes until the other side hangs up; what was still to be sent to it is lost."""
    got = b""
    try:
        while part := connection.recv(65536):
            got += part
    except ConnectionResetError:
        pass
    return got


def problem(got):
    """Status and detail of an answer that is a problem, with all guards."""
    head, _, body = got.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    assert b"x-frame-options: DENY" in head
    said = json.loads(body)
    assert head.startswith(b"HTTP/1.1 %d " % said["status"])
    return said["status"], said["detail"]


def trickle(connection, data, pause=0.2):
    """Send byte after byte until the other side hangs up."""
    try:
        for i in range(len(data)):
            connection.sendall(data[i : i + 1])
            time.sleep(pause)
    except OSError:
        pass


@pytest.fixture
def hasty(serve):
    with serve(hasty=True) as service:
        yield service
        with connect(service) as connection:
            connection.sendall(POST + b"Content-Length: 13\r\nConnection: close\r\n\r\n" + b'{"text": "a"}')
            assert rest(connection).startswith(b"HTTP/1.1 200 ")
        assert "Traceback" not in service.said()


def test_a_head_or_body_that_trickles_is_cut_off(hasty):
    answers = {}

    def ask(name, whole, slow):
        with connect(hasty) as connection:
            connection.sendall(whole)
            thread = threading.Thread(target=trickle, args=(connection, slow))
            thread.start()
            answers[name] = rest(connection)
            thread.join()

    started = time.monotonic()
    threads = [
        threading.Thread(target=ask, args=one)
        for one in (
            ("head", b"", POST),
            ("header", POST + b"X-Slow: ", b"a" * 100),
            ("body", POST + b"Content-Length: 500\r\n\r\n", b'{"text": "' + b"a" * 400),
            ("chunks", POST + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 100),
            ("blank lines", b"", b"\r\n" * 100),
        )
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - started < 6
    assert answers.pop("blank lines") == b""
    assert {problem(answer)[0] for answer in answers.values()} == {408}
    assert problem(answers["header"])[1] == "headers: not here after 1 s: send them faster"
    assert problem(answers["body"])[1] == "body: not here after 1 s: send it faster"


def test_a_connection_without_a_word_is_closed(hasty):
    with connect(hasty) as connection:
        assert rest(connection) == b""


def test_a_second_request_may_be_no_slower_than_the_first(hasty):
    with connect(hasty) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /hea")
        answers = rest(connection)
    assert answers.startswith(b"HTTP/1.1 200 ")
    assert b"HTTP/1.1 408 " in answers


@pytest.mark.parametrize("part", [b"a" * 50_000, b"X: a\r\n" * 8_000], ids=["one header", "many headers"])
def test_a_head_without_end_is_refused(hasty, part):
    with connect(hasty) as connection:
        connection.sendall(POST + b"X-Long: ")
        time.sleep(0.1)
        for _ in range(2):
            connection.sendall(part)
            time.sleep(0.1)
        assert problem(rest(connection)) == (431, "headers: more than 32,000 bytes: leave some out")


@pytest.mark.parametrize("length", [b"Content-Length: 6000000", b"Transfer-Encoding: chunked"])
def test_a_client_that_sends_too_much_still_reads_why(hasty, length):
    """Without a pause: it sends on after the refusal, and the answer must not be lost in a reset."""
    for _ in range(5):
        with connect(hasty) as connection:
            connection.sendall(POST + length + b"\r\n\r\n")
            connection.sendall((b"%x\r\n" % 6_000_000 if b"chunked" in length else b"") + b"a" * 6_000_000)
            assert problem(rest(connection))[0] == 413


def test_one_that_never_ends_is_cut_off(hasty):
    with connect(hasty) as connection:
        started = time.monotonic()
        connection.sendall(POST + b"X-Long: " + b"a" * 40_000)
        trickle(connection, b"a" * 1000, pause=0.02)
        assert time.monotonic() - started < 10
        assert problem(rest(connection))[0] == 431


def test_no_http_is_answered_with_a_problem(hasty):
    for data in (b"hello there\r\n\r\n", b"GET /\xff HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00\x01"):
        with connect(hasty) as connection:
            connection.sendall(data)
            assert problem(rest(connection))[0] == 400


def test_a_client_that_does_not_read_is_cut_off_and_one_that_reads_slowly_is_not(hasty):
    asked = 700
    get = b"GET /static/view.css HTTP/1.1\r\nHost: localhost\r\n"

    def answered(rest_first, pause):
        """Answers to many requests for a file, read after a rest, with a pause after each million bytes."""
        with connect(hasty, buffer=65_536) as connection:
            connection.sendall((get + b"\r\n") * (asked - 1) + get + b"Connection: close\r\n\r\n")
            time.sleep(rest_first)
            got, since = [], 0
            try:
                while part := connection.recv(1 << 17):
                    got.append(part)
                    since += len(part)
                    if since > 1_000_000:
                        time.sleep(pause)
                        since = 0
            except ConnectionResetError:
                pass
            return b"".join(got).count(b"HTTP/1.1 200 ")

    assert answered(3.0, 0) < asked
    assert answered(0, 0.2) == asked
