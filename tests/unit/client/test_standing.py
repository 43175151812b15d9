"""Whether a statement is in force, by a server that answers whatever the test lets it answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import NamedTuple

import msgspec
import pytest
from msgspec.structs import replace
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Make, registry
from support.statements import ROGUE, VKEY, claims_of, stated
from unit.engine.works import Works, change

from ledger.client.verify.standing import StatementStanding, current_standing, standing_of
from ledger.core.log.key_rotation import LogKeys
from ledger.core.receipts.statement import Statement, sign_statement
from ledger.core.receipts.statement_steps import Proven
from ledger.errors import Unavailable, VerificationError
from ledger.footprint.derived.statements import check_statement


class Stated(NamedTuple):
    """Statements of the lot b: of 50 kg CO2e, then of 54 and of 90; and of another lot."""

    first: Statement
    close: Statement
    far: Statement
    other: Statement
    rogue: Statement


@pytest.fixture(scope="module")
def statements() -> Stated:
    works = Works(MemoryLedger(registry()))
    works.mine("a", "10", co2="9")
    b = works.mine("b", "100", co2="50")
    memory, lot = works.ledger, works.name("b")
    first = stated(memory, lot)
    works.amend(change(b, activity=Make(co2="54")))
    close = stated(memory, lot)
    works.amend(change(b, activity=Make(co2="90")))
    return Stated(first, close, stated(memory, lot), stated(memory, works.name("a")),
                  sign_statement(claims_of(memory, lot), ROGUE))


@contextmanager
def serving(status: int, content: bytes, lots: bytes | None = None) -> Iterator[str]:
    """`lots`: the answer to questions for lots, if it is another one."""
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asks_lots = lots is not None and self.path.startswith("/v1/lots")
            self.send_response(200 if asks_lots else status)
            self.end_headers()
            self.wfile.write(lots if asks_lots and lots is not None else content)

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def proven(statement: Statement) -> Proven:
    return check_statement(statement, VKEY)


def asked(
    statement: Statement, status: int, content: bytes, published: Statement | None = None
) -> StatementStanding:
    """The standing by a log that has published the checkpoint of the statement `published`."""
    with serving(status, content) as url:
        return current_standing(
            proven(statement), url, LogKeys(VKEY, ()), proven(published or statement).checkpoint)


@pytest.mark.parametrize(("name", "state", "text"), [
    ("first", "inForce", "the log states the same figure now"), ("close", "inForce", "the figure changed by +8.0 %"),
    ("far", "superseded", "superseded: the figure changed by +80.0 %: 0.5 kg CO2e per unit stated, 0.9 now"),
])
def test_the_newest_statement_decides(statements: Stated, name: str, state: str, text: str) -> None:
    standing = asked(statements.first, 200, msgspec.json.encode(getattr(statements, name)))
    assert standing.state == state
    assert text in standing.text
    assert standing.stated == 0.5


@pytest.mark.parametrize(("status", "content", "state", "text"), [
    (404, b'{"code": "withdrawn"}', "withdrawn", "has no figure any more"),
    (404, b'{"code": "not-found"}', "unknown", "nothing shows whether the figure changed"),
    (400, b'{"code": "tree-size"}', "unknown", "(status 400, tree-size)"),
    (404, b"no such page", "inForce", "in force by its own words only: the address has a copy of the log"),
])
def test_a_server_without_a_figure(
    statements: Stated, status: int, content: bytes, state: str, text: str
) -> None:
    """A static copy of the log states no figures. A server that answers questions must state this one."""
    standing = asked(statements.first, status, content)
    assert (standing.state, standing.is_in_force) == (state, state == "inForce")
    assert text in standing.text


def test_a_host_that_hides_statements_only_is_no_copy(statements: Stated) -> None:
    with serving(404, b"no such page", lots=b"[]") as url:
        standing = current_standing(
            proven(statements.first), url, LogKeys(VKEY, ()), proven(statements.first).checkpoint)
    assert standing.state == "unknown"


def test_a_figure_before_the_published_tree_shows_nothing(statements: Stated) -> None:
    """The log has published the revision to 90 kg CO2e, but its server answers with the statement before it."""
    assert "its figure may have changed since" in raised(
        Unavailable, asked, statements.first, 200, msgspec.json.encode(statements.close), published=statements.far
    ).message


@pytest.mark.parametrize(("status", "content"), [(500, b""), (503, b""), (429, b""), (200, b"{}"), (200, b"[")])
def test_a_server_that_fails(statements: Stated, status: int, content: bytes) -> None:
    raised(Unavailable, asked, statements.first, status, content)


@pytest.mark.parametrize(("held", "served", "code"), [
    ("far", "first", "wrong-statement"), ("first", "other", "wrong-statement"), ("first", "rogue", "wrong-signature"),
])
def test_a_server_that_lies(statements: Stated, held: str, served: str, code: str) -> None:
    assert raised(
        VerificationError, asked, getattr(statements, held), 200, msgspec.json.encode(getattr(statements, served))
    ).code == code


def test_a_figure_whose_data_have_no_end(statements: Stated) -> None:
    found = proven(statements.first)
    open_ended = found._replace(claims=msgspec.structs.replace(found.claims, valid_until=None))
    standing = standing_of(open_ended, "2999-01-01T00:00:00Z")
    assert (standing.state, standing.text) == ("inForce", "the statement says no end of its validity")


def test_the_last_instant_counts(statements: Stated) -> None:
    checked = proven(statements.first)
    until = "2028-04-01T00:00:00Z"
    dated = checked._replace(claims=replace(checked.claims, valid_until=until))
    assert standing_of(dated, until).is_in_force
    late = standing_of(dated, "2028-04-01T00:00:01Z")
    assert (late.state, late.is_in_force) == ("expired", False)
