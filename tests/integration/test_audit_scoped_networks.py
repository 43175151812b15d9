"""Audits of a generated network by everybody who may read a part of it: an honest server passes each, and shows nothing
of others."""

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from support.callers import Callers
from support.generator import generate, parties
from support.inside import Inside, inside
from support.parties import Party, enrolment, nonces
from support.scoped_audits import audited, seen
from support.server import Posted, prepared_home

from ledger.core.record.kinds import AnyRecord, Grant, GrantScope

SEED, SIZE, ORGANIZATIONS = 11, 160, 5
UNTIL: Final = "2034-12-31T00:00:00Z"
CALLERS: Final = [f"urn:example:org-{i}" for i in range(ORGANIZATIONS)] + [f"urn:example:guest-{i}" for i in range(4)]


class Network(NamedTuple):
    callers: Callers
    hidden: Mapping[str, frozenset[str]]
    """By caller: the lots of which it must not see a quantity."""


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        members = parties(SEED, SIZE, ORGANIZATIONS)
        guests = [Party(name, parties(SEED + i + 1, 1, 1)[0].key) for i, name in enumerate(CALLERS[ORGANIZATIONS:])]
        fresh = nonces(SEED, "grants")
        for one in (*members, *guests):
            ledger.post([(ledger.registrar, enrolment(one, ledger.registrar, ledger.origin, next(fresh)))])
        source = random.Random(SEED)
        records = list(generate(SEED, SIZE, ORGANIZATIONS))
        for start in range(0, len(records), 40):
            ledger.post(records[start : start + 40])
        made = lots_made(ledger)
        ledger.post([
            granted(members[0], guests[0], next(fresh)), granted(members[1], guests[0], next(fresh)),
            granted(members[2], guests[1], next(fresh), lot=source.choice(sorted(made[members[2].id]))),
            granted(members[3], guests[2], next(fresh), depth="totals"),
        ])
        grants = {guests[0].id: {members[0].id, members[1].id}, guests[1].id: {members[2].id}}
        yield Network(Callers(ledger), {name: hidden_from(name, made, grants, records) for name in CALLERS})


def granted(grantor: Party, grantee: Party, nonce: str, depth: Any = "full", lot: str | None = None) -> Posted:
    return grantor, Grant(issuer=grantor.id, nonce=nonce, depth=depth, until=UNTIL, purpose="audit", grantee=grantee.id,
                          scope=None if lot is None else GrantScope(lot=lot))


def lots_made(ledger: Inside) -> dict[str, set[str]]:
    rows = ledger.run(ledger.ledger.pool.fetch(
        "SELECT l.id, r.issuer FROM lot l JOIN record r ON r.index = l.number / 1024"))
    made: dict[str, set[str]] = {}
    for row in rows:
        made.setdefault(row["issuer"], set()).add(row["id"])
    return made


def hidden_from(
    name: str, made: Mapping[str, set[str]], grants: Mapping[str, set[str]], records: list[Posted]
) -> frozenset[str]:
    """The lots of others that no record of the caller, of a grantor or with the caller as a party names."""
    readable = {name, *grants.get(name, ())}
    named = b"".join(msgspec.json.encode(record) for _, record in records if concerns(record, readable))
    return frozenset([
        lot for issuer, lots in made.items() if issuer not in readable for lot in lots
        if f'"{lot}"'.encode() not in named and f'"{pool_of(lot)}"'.encode() not in named])


def pool_of(lot: str) -> str:
    """The pool that a record names in place of a generation of it; any other lot itself."""
    pool, _, generation = lot.rpartition(":")
    return pool if generation.isdigit() else lot


def concerns(record: AnyRecord, readable: set[str]) -> bool:
    return record.issuer in readable or getattr(record, "to", None) in readable


@pytest.mark.parametrize("caller", [*CALLERS, None])
def test_an_honest_server_passes(network: Network, caller: str | None) -> None:
    report = audited(network.callers, caller)
    assert report.ok, report.findings[:5]
    counted = report.scope.visible + report.scope.party + report.scope.hidden
    assert counted == report.entries == report.size
    if caller in CALLERS[:ORGANIZATIONS]:
        assert report.scope.visible > ORGANIZATIONS
        # An organisation's own records name hidden things rarely.
        assert report.scope.adopted * 4 <= report.scope.visible
        assert report.balances > 0


@pytest.mark.parametrize("caller", CALLERS[:2] + CALLERS[-4:-2])
def test_a_small_memory_and_a_state_change_nothing(network: Network, caller: str, tmp_path: Path) -> None:
    plain = audited(network.callers, caller)
    spilling = audited(network.callers, caller, state=tmp_path / "state", lots_in_memory=1)
    assert spilling.ok, spilling.findings[:5]
    assert (spilling.scope, spilling.figures, spilling.balances) == (plain.scope, plain.figures, plain.balances)
    again = audited(network.callers, caller, state=tmp_path / "state")
    assert again.ok, again.findings[:5]
    assert (again.start, again.scope, again.balances) == (plain.size, plain.scope, plain.balances)


@pytest.mark.parametrize("caller", CALLERS)
def test_pages_hold_no_lots_of_others(network: Network, caller: str) -> None:
    answers = b"".join(seen(network.callers, caller).answers)
    hidden = network.hidden[caller]
    assert len(hidden) > SIZE // 10
    shown = [lot for lot in hidden if f'"{lot}"'.encode() in answers or f'{lot}\\"'.encode() in answers]
    assert shown == []
