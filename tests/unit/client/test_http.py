"""The one reader of servers against those that answer to exhaust it: every lie ends in one error, at a bounded cost."""

import gzip
import threading

import pytest
from support.floods import LIES, Send, flooding
from support.raising import raised

from ledger.client import limits
from ledger.client.http import BlockingReader, Lines, TooLarge, decoded
from ledger.errors import InvalidInput, LedgerError, Unavailable

LIMIT = 1 << 20
SAID = {
    "gzip of zeros": "more than 1048576 bytes", "gzip of JSON": "more than 1048576 bytes",
    "gzip in gzip": "'gzip, gzip', which was not offered", "another coding": "'br', which was not offered",
    "no gzip": "not valid gzip", "cut gzip": "cut off", "more than gzip": "after the end",
    "endless": "more than 1048576 bytes", "drip": "within 1 s", "silent": "within 1 s",
    "dripping headers": "within 1 s",
    "headers": "does not answer", "interim": "within 1 s", "shorter than said": "does not answer",
    "length of 5000 digits": "does not answer", "values": "more than 1048576 bytes", "deep": "more than 1048576 bytes",
    "flows": "more than 1048576 bytes", "lines": "more than 1048576 bytes",
}


@pytest.mark.parametrize("lie", SAID)
def test_every_lie_ends_in_one_error(lie: str) -> None:
    with flooding(lie) as url, BlockingReader(url) as reader, pytest.raises(Unavailable) as caught:
        reader.fetch("/log/checkpoint", LIMIT, 1.0 if "1 s" in SAID[lie] else 60.0)
    assert SAID[lie] in caught.value.message
    assert isinstance(caught.value, TooLarge) == ("more than" in SAID[lie])


def test_errors_and_redirects_are_answers() -> None:
    """An error is cut off, not refused: its status says enough. A redirect is not followed."""
    with flooding("gzip of an error") as url, BlockingReader(url) as reader:
        answer = reader.fetch("/", 10, 5.0)
        assert (answer.status, len(answer.content)) == (500, limits.PROBLEM)
    with flooding("redirect") as url, BlockingReader(url) as reader:
        assert reader.fetch("/", 10, 5.0).status == 302


def test_what_other_lies_there_are() -> None:
    """Those that only a reader of JSON or of pages can see."""
    assert set(LIES) - set(SAID) == {"gzip of an error", "redirect", "same page", "same next", "same cursor"}


def test_json_of_a_servers_choosing() -> None:
    assert "more than 1500000 values" in str(raised(
        LedgerError, decoded, b"[" + b"[]," * limits.VALUES + b"[]]", list[object]
    ))
    for data in (b"[" * 1_000_000, b"\xff", b"", b"[1", b'{"a":1}'):
        assert "cannot be read" in str(raised(LedgerError, decoded, data, list[object]))
    assert decoded(b"[1]", list[int]) == [1]


def test_lines_are_taken_as_they_come() -> None:
    taken: list[bytes] = []
    lines = Lines(3, 5, taken.append)
    for part in (b"a", b"b\n\nc", b"\nde"):
        lines.take(part)
    assert taken == [b"ab", b"c"]
    lines.end()
    assert taken == [b"ab", b"c", b"de"]
    assert "more lines" in str(raised(LedgerError, lines.take, b"f\n"))
    assert "more than 5 bytes" in str(raised(TooLarge, lambda: Lines(3, 5, taken.append).take(b"123456")))


def test_what_is_within_the_limit_comes_whole() -> None:
    """To the byte, compressed or not."""
    data = bytes(range(256)) * 4096
    head = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n"

    def plain(send: Send, _: threading.Event) -> None:
        send(head % len(data) + b"\r\n" + data)

    def packed(send: Send, _: threading.Event) -> None:
        send(head % len(gzip.compress(data)) + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(data))

    for honest in (plain, packed):
        with flooding(honest) as url, BlockingReader(url) as reader:
            assert reader.fetch("/", len(data)).content == data
            raised(TooLarge, reader.fetch, "/", len(data) - 1)


@pytest.mark.parametrize("url", ["ftp://host", "host", "http://", "http://[::1", "postgresql://u:secret@h/d",
                                 "u:secret@host:80", "http://u:sec/ret@host"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(InvalidInput, match="not the address of a server") as caught:
        BlockingReader(url)
    assert "secret" not in caught.value.message + str(caught.value.value)
    assert "sec/ret" not in caught.value.message + str(caught.value.value)
