"""`footprint --at` and `changes` against a real server: what people read, and what programs do."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from msgspec.structs import replace
from support.cli import Done, run
from support.parties import enrolment
from support.revising import amend, change, digest_of
from support.sectors import Make
from support.server import Server, prepared_home
from support.workshop import END, START, Workshop, workshop

from ledger.core.record.kinds import Attestation, Subject


class Told(NamedTuple):
    """a 50, b half of it and 10; then a 150. k is provisional, then withdrawn."""

    server: Server
    mill: Workshop
    size: int
    """Of the log before the amendment of a."""

    def run(self, *arguments: object) -> Done:
        return run(*arguments, "--url", self.server.url)


@pytest.fixture(scope="module")
def told() -> Iterator[Told]:
    with prepared_home() as home, Server(home) as server:
        mill, auditor = workshop(server, "mill"), Workshop("auditor")
        entered = enrolment(auditor.party, server.registrar, server.origin, auditor.nonce())
        first, second = mill.mine("a", "100", co2="50"), mill.make({"b": "50"}, {"a": "50"}, activity=Make(co2="10"))
        third = mill.make({"k": "10"}, {"b": "10"}, activity=Make(co2="7"), basis="provisional")
        attested = auditor.signed(Attestation(
            issuer=auditor.id, nonce=auditor.nonce(), subject=Subject(kind="lot", id=mill.name("b")),
            standard="ISO 14064-3", level="reasonable", opinion="unmodified", start=START, end=END,
            valid_until="2027-01-01T00:00:00Z",
        ))
        receipts = server.post([
            (server.registrar, replace(entered, roles=["auditor"])), first, second, third, attested,
        ])
        server.post([amend(mill, change(first, activity=Make(co2="150")))])
        server.post([amend(mill, change(third))])
        assert digest_of(first) == receipts[1].digest
        yield Told(server, mill, receipts[-1].index + 1)


def test_a_footprint_of_now(told: Told) -> None:
    done = told.run("footprint", told.mill.name("b"), "--details").succeeded()
    assert "85.000 kg CO2e" in done.out
    assert f"revised by record {told.size}" in done.out
    assert "attested by urn:example:auditor" in done.out
    assert "outdated: of the earlier figure" in done.out


def test_a_footprint_of_then(told: Told) -> None:
    done = told.run("footprint", told.mill.name("b"), "--at", told.size).succeeded()
    assert "35.000 kg CO2e" in done.out
    assert f"as of {told.size} entries" in done.out
    assert "reasonable assurance" in done.out
    assert "outdated" not in done.out
    assert "revised by" not in done.out
    answer = json.loads(told.run("footprint", told.mill.name("b"), "--at", told.size, "--json").out)
    assert (answer["at"], answer["footprint"]) == (told.size, 35.0)


def test_what_waits_for_a_closing_is_said(told: Told) -> None:
    """k is 7 and a fifth of 35."""
    done = told.run("footprint", told.mill.name("k"), "--at", told.size, "--details")
    assert "provisional: 50.0 % of the figure waits for a closing (1 of 2025-03 at urn:example:mill:site)" in done.out


def test_a_withdrawn_lot_is_said_to_be(told: Told) -> None:
    done = told.run("footprint", told.mill.name("k")).succeeded()
    assert done.out.startswith(f"withdrawn lot, no footprint of {told.mill.name('k')}")


@pytest.mark.parametrize("at", ["0", "-1", "100000"])
def test_a_size_that_the_log_has_not(told: Told, at: str) -> None:
    done = told.run("footprint", told.mill.name("b"), f"--at={at}")
    assert (done.code, done.out) == (1, "")
    assert f"at={at} is out of range" in done.err
    assert "a tree size from 1 to" in done.err
    assert told.run("footprint", told.mill.name("b"), "--at", "x").code == 2


def test_changes_as_a_table(told: Told) -> None:
    lines = told.run("changes", told.mill.id).succeeded().out.splitlines()[1:]
    assert [line.split()[:6] for line in lines] == [
        [str(told.size), "amendment", told.mill.name("a"), "50.000", "150.000", "+100.000"],
        [str(told.size), "amendment", told.mill.name("b"), "35.000", "85.000", "+50.000"],
        [str(told.size), "amendment", told.mill.name("k"), "14.000", "24.000", "+10.000"],
        [str(told.size + 1), "amendment", told.mill.name("k"), "24.000", "withdrawn", "-24.000"],
    ]
    assert all("another reading" in line for line in lines)


def test_changes_for_programs_page_by_page(told: Told) -> None:
    whole = json.loads(told.run("changes", told.mill.id, "--json").out)
    assert [one["footprint"] for one in whole["changes"]] == [150.0, 85.0, 24.0, 0.0]
    assert "next" not in whole
    first = json.loads(told.run("changes", told.mill.id, "--limit", "3", "--json").out)
    assert first["changes"] == whole["changes"][:3]
    rest = json.loads(told.run(
        "changes", told.mill.id, "--since", first["next"]["since"], "--after", first["next"]["after"], "--json"
    ).out)
    assert rest == {"changes": whole["changes"][3:]}
    cut = told.run("changes", told.mill.id, "--limit", "3")
    assert f"--since {first['next']['since']} --after {first['next']['after']}" in cut.err


def test_nothing_has_changed_for_others(told: Told) -> None:
    done = told.run("changes", "urn:example:auditor")
    assert (done.code, done.out) == (0, "no lot of urn:example:auditor has a restated figure\n")
    assert told.run("changes", told.mill.id, "--since", told.size + 2).out.startswith("no lot of")
    unknown = told.run("changes", "urn:example:nobody")
    assert (unknown.code, unknown.out) == (1, "")
    assert "urn:example:nobody" in unknown.err
    assert told.run("changes", told.mill.id, "--limit", "0").code == 2
