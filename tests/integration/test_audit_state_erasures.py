"""An auditor's state holds what later records may rest on. What the log erases leaves its file too, in every byte."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from integration.test_audit_state import by_http, counts
from integration.test_erasure import SECRET, erase, ore, secret
from msgspec.structs import replace
from support.revising import amend, change, close, digest_of, gas, reopen
from support.sectors import Make
from support.server import Posted, Server, prepared_home
from support.workshop import END, START, Workshop, kilograms

from ledger.admission.facts import RecordFacts
from ledger.client.audit.state.store import AuditStore
from ledger.core.record.kinds import Declaration, Facility
from ledger.core.record.values import Evidence, Supply
from ledger.errors import ConfigurationError

SAID = [Evidence(digest="ef" * 32, media_type="text/plain", kind=SECRET)]


class Written:
    """A log of a mill whose records hold the words, by name; those of `made` come before those of `revised`."""

    def __init__(self, server: Server) -> None:
        mill = self.mill = Workshop("mill")
        (_, site), part = mill.opening()
        assert isinstance(site, Facility)
        declared = mill.signed(Declaration(
            issuer=mill.id, nonce=mill.nonce(), start=START, end=END, basis="study", boundary="cradleToGate",
            burdens={"fossilGhgEmissions": "3"}, per=kilograms("1"), evidence=SAID,
        ))
        self.paint = Supply(material="paint", quantity=kilograms("5"), declaration=digest_of(declared))
        site = mill.signed(replace(site, industry=SECRET[:25]))
        a = secret(mill.make({"a": "100"}, supplies=[ore("100"), self.paint]))
        p = mill.make({"p": "100"}, supplies=[replace(ore("100"), description=SECRET)], basis="provisional")
        self.made = {"site": site, "part": part, "declared": declared, "a": a, "p": p}
        amendment = amend(mill, change(a, activity=Make(co2="9"), evidence=SAID))
        measured = close(mill, replace(gas("40"), description=SECRET))
        self.revised = {"amendment": amendment, "closing": measured}
        server.post([mill.enrolment(server), *self.made.values()])

    def later(self) -> list[Posted]:
        """Records that rest on all of them."""
        mill = self.mill
        return [
            reopen(mill, self.revised["closing"]),
            mill.make({"b": "10"}, {"a": "5", "p": "5"}, supplies=[self.paint]), close(mill),
        ]


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    found = tmp_path / "audit.state"
    yield found
    assert [one.name for one in tmp_path.iterdir()] == [found.name]


def words(state: Path) -> int:
    """How often any of the words stand in the file."""
    return state.read_bytes().count(SECRET[:25].encode())


@pytest.mark.parametrize("between", [False, True], ids=["erased at once", "audited between"])
def test_no_byte_of_it_is_left(state: Path, between: bool) -> None:
    """Of posted records, of what was made of them, and of what revised them; audits go on over what is left."""
    with prepared_home() as home, Server(home) as server:
        written = Written(server)
        assert by_http(server, state=state).ok
        assert words(state) >= 4
        server.post(list(written.revised.values()))
        if between:
            before = words(state)
            assert by_http(server, state=state).ok
            assert words(state) > before
        erase(server, written.mill, *written.revised.values())
        erase(server, written.mill, *[one for name, one in written.made.items() if name != "part"])
        report = by_http(server, state=state)
        assert report.ok, report.findings
        assert words(state) == 0
        server.post(written.later())
        report, zero = by_http(server, state=state), by_http(server)
        assert (report.findings, zero.findings) == ([], [])
        assert counts(replace(report, erased=0, recomputed=0)) == counts(replace(zero, erased=0, recomputed=0))
        assert words(state) == 0


def test_what_could_not_be_swept_is_swept_later(state: Path) -> None:
    """An audit that is killed after its commit, and before the file was written anew."""
    book = AuditStore(state)
    book.write_records([(f"{i:064x}", RecordFacts(i, "product", SECRET)) for i in range(1_000)])
    book.commit()
    book.write_records([(f"{i:064x}", RecordFacts(i, "product", "nobody")) for i in range(1_000)])
    book.forget()
    book._sweep = _killed  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        book.commit()
    book.close()
    size = state.stat().st_size
    AuditStore(state).close()
    assert words(state) == 0
    assert state.stat().st_size < size


def _killed() -> None:
    raise KeyboardInterrupt


def test_where_another_one_reads_it_meanwhile(state: Path) -> None:
    """What cannot be swept is said; the next one does it."""
    book = AuditStore(state)
    book.commit()
    book.forget()
    swept = book._sweep
    with closing(sqlite3.connect(state)) as reader:
        def in_use() -> None:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM fact").fetchone()
            swept()

        book._sweep = in_use  # type: ignore[method-assign]
        with pytest.raises(ConfigurationError, match="may still hold erased data") as error:
            book.commit()
    book.close()
    assert error.value.field == "state"
    again = AuditStore(state)
    assert again.fact("unswept") is None
    again.close()
