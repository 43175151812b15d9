"""Today's code reproduces the golden log byte for byte, whatever plugin digests are in force on it."""

import hashlib
from typing import Final, get_args

import msgspec
import pytest
from support import sectors
from support.golden import FILE, ORIGIN, Line, activated, golden_archives, read, registry
from support.revising import Replayed
from support.sectors import NAME

from ledger.admission.rules import RULES
from ledger.core.log.entry import parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import leaf_hash
from ledger.core.outcome.leaves import outcome_root
from ledger.core.record import canonical
from ledger.core.record.kinds import (
    AnyRecord,
    AppointedReader,
    Erasure,
    Grant,
    GrantRevocation,
    OrganizationNames,
    PassportPublication,
    PublicationEnd,
    ReaderRevocation,
    StandingAcceptance,
    Transformation,
)
from ledger.core.record.redacted import residue
from ledger.engine.sectors import Registry
from ledger.registry.installed import installed
from ledger.registry.workers.apart import apart

DIGEST: Final = "5f0cb5b232fd60274b14e25ee816343a16534728bc111225c48e4edac11fb894"
ROOT: Final = "c32dcfb49fb55642b7cdf19042f6993c839517a6715093155f8d8dbdf91bdee1"

LATER: Final = {
    AppointedReader, Grant, GrantRevocation, OrganizationNames, PassportPublication, PublicationEnd, ReaderRevocation,
    StandingAcceptance,
}
"""The log is older than these kinds."""


@pytest.fixture(scope="module")
def lines() -> list[Line]:
    return read()


def test_the_file_is_the_one_that_was_written() -> None:
    assert hashlib.sha256(FILE.read_bytes()).hexdigest() == DIGEST


def test_every_leaf_comes_out_again(lines: list[Line]) -> None:
    """Assessment, figures and outcome of every record, and of every record that a later one revised."""
    compared = recomputed(lines, registry(activated(lines)))
    total = sum(len(line.leaves) + sum(map(len, line.revised.values())) for line in lines)
    print(f"compared {compared} = total {total} leaves of {len(lines)} entries")
    assert compared == total > 900


def test_its_own_versions_give_every_leaf_again(lines: list[Line]) -> None:
    """The sectors with the very digests that the log activates, with the SDK of their day, each in a worker process.
    Only the sector of the tests has no code of its own day: its digest is the hash of its name."""
    digests = activated(lines)
    archives = golden_archives()
    assert {one.digest for one in archives} == {
        digest for name, digest in digests.items() if name not in (NAME, RULES)}
    assert {one.digest for one in archives}.isdisjoint(one.digest for one in installed().sectors.values())
    with apart(archives) as earlier:
        assert {(one.sector.name, one.digest) for one in earlier} == {
            (name, digest) for name, digest in digests.items() if name not in (NAME, RULES)}
        compared = recomputed(lines, Registry(sectors.registry().sectors.values(), (), earlier))
    total = sum(len(line.leaves) + sum(map(len, line.revised.values())) for line in lines)
    assert compared == total > 900


def recomputed(lines: list[Line], known: Registry) -> int:
    """How many leaves were compared: the log, run again with these sectors."""
    replayed = Replayed(ORIGIN, known)
    compared = 0
    for line in lines:
        before = len(replayed.revisions)
        verdict = replayed.follow(bytes.fromhex(line.entry), line.body.encode())
        assert [leaf.decode() for leaf in verdict.leaves] == line.leaves, f"entry {verdict.index}"
        revised = {
            one.index: [leaf.decode() for leaf in one.outcome.leaves]
            for _, revision in replayed.revisions[before:] for one in revision.revised if one.outcome is not None
        }
        assert revised == line.revised, f"revised by entry {verdict.index}"
        compared += len(line.leaves) + sum(map(len, revised.values()))
    return compared


def test_entries_make_the_root(lines: list[Line]) -> None:
    frontier = Frontier().extended([leaf_hash(bytes.fromhex(line.entry)) for line in lines])
    assert (frontier.size, frontier.root().hex()) == (677, ROOT)


def test_entries_commit_to_bodies_and_leaves(lines: list[Line]) -> None:
    for line in lines:
        entry = parse_entry(bytes.fromhex(line.entry))
        assert entry.digest == canonical.digest(line.body.encode())
        assert (entry.keyid.hex(), entry.signature.hex()) == (line.keyid, line.signature)
        assert entry.outcome == outcome_root([leaf.encode() for leaf in line.leaves])


def test_erased_bodies_leave_the_same_residue(lines: list[Line]) -> None:
    bodies = {canonical.digest(line.body.encode()).hex(): line.body for line in lines}
    found = 0
    for line in lines:
        record = canonical.decode_record(line.body.encode())
        if isinstance(record, Erasure):
            erased = canonical.decode_record(bodies[record.record].encode())
            assert canonical.encode(residue(erased)).decode() == line.residue
            found += 1
    assert found == 3


def test_every_record_kind_and_every_route_is_there(lines: list[Line]) -> None:
    records = [canonical.decode_record(line.body.encode()) for line in lines]
    assert {type(record) for record in records} == set(get_args(AnyRecord)) - LATER
    routes = {record.process for record in records if isinstance(record, Transformation)}
    of_sectors = {f"{name}.{route}" for name, one in installed().sectors.items() for route in one.sector.routes}
    # The log is older than this route.
    assert of_sectors - routes == {"consumer-goods.foodAndDrink"}


def test_another_figure_is_noticed(lines: list[Line]) -> None:
    """The comparison is able to fail: with one digit of a body changed, the record is another."""
    at = next(index for index, line in enumerate(lines) if '"supplies":[{"material"' in line.body)
    replayed = Replayed(ORIGIN, registry(activated(lines)))
    for line in lines[:at]:
        replayed.follow(bytes.fromhex(line.entry), line.body.encode())
    other = msgspec.json.decode(lines[at].body)
    other["supplies"][0]["quantity"]["value"] += "1"
    with pytest.raises(AssertionError, match="commits to other results"):
        replayed.follow(bytes.fromhex(lines[at].entry), canonical.encode(other))
