"""Today's code reproduces the golden log byte for byte, and verifies its receipts, statement and bundle offline.

Where a change is meant, run `tests/vectors/build_golden.py` and explain each difference in the commit.
"""

from collections.abc import Mapping, Sequence
from typing import Any, get_args

import msgspec
import pytest
from msgspec.structs import replace
from support import sectors
from support.differences import differences
from support.golden import FILE, Line, Proofs, build, encoded, legible, read, registry, rerun
from support.sectors import NAME

from ledger.client.verify.bundle import ReplayedKeys, verify_bundle
from ledger.core.log.entry import parse_entry
from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import leaf_hash
from ledger.core.outcome.leaves import outcome_root
from ledger.core.receipts.receipt import verify_receipt
from ledger.core.record import canonical
from ledger.core.record.kinds import Activation, AnyRecord, Consumption, Erasure, KeyChange, Transformation
from ledger.core.record.redacted import residue
from ledger.engine.sectors import Registry
from ledger.footprint.derived.statements import check_statement
from ledger.registry.archives import archive_of, packed
from ledger.registry.workers.apart import apart

Golden = tuple[Sequence[Line], Proofs]


@pytest.fixture(scope="module")
def golden() -> Golden:
    return read()


@pytest.fixture(scope="module")
def records(golden: Golden) -> list[AnyRecord]:
    return [canonical.decode_record(line.body.encode()) for line in golden[0]]


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    found = list(differences(before, after))
    return "\n".join([f"{len(found)} differences:", *found]) if found else ""


def test_every_leaf_comes_out_again(golden: Golden) -> None:
    """Assessment, figures and outcome of every record, and of every record that a later one revised."""
    lines, proofs = golden
    again = rerun(lines)
    assert again == lines, changed(legible(lines, proofs), legible(again, proofs))
    assert sum(len(line.leaves) + sum(map(len, line.revised.values())) for line in lines) > 600


def test_the_script_rebuilds_the_file_with_no_difference(golden: Golden) -> None:
    built = build()
    assert encoded(*built) == FILE.read_bytes(), changed(legible(*golden), legible(*built))


def test_archived_versions_give_every_leaf_again(golden: Golden) -> None:
    """Each installed sector as an archive whose code and digest are others by a remark, in a worker process."""
    whole = sectors.shipped()
    archives = []
    for one in whole.sectors.values():
        archive = archive_of(one.entry)
        module = next(path for path in archive.code if path.endswith("/__init__.py") and archive.package in path)
        archives.append(packed(one.entry, {**archive.code, module: archive.code[module] + b"\n# of another day\n"}))
    digests = {archive.digest for archive in archives}
    assert digests.isdisjoint(one.digest for one in whole.sectors.values())
    with apart(archives) as earlier:
        assert {one.digest for one in earlier} == digests
        lines, _ = build(Registry([*earlier, *sectors.registry().sectors.values()], whole.sets.values()))
    assert [line.leaves for line in lines] == [line.leaves for line in golden[0]]
    assert {plugin["digest"] for plugin in map(msgspec.json.decode, (line.body for line in lines))
            if plugin["type"] == "activation"} >= digests


def test_a_difference_names_entry_leaf_and_field(golden: Golden) -> None:
    """The comparison is able to fail: with one digit more in a record, its figures are others."""
    lines, proofs = golden
    at = next(place for place, line in enumerate(lines) if '"supplies":[{"factor"' in line.body)
    other = msgspec.json.decode(lines[at].body)
    other["supplies"][0]["quantity"]["value"] += "1"
    again = rerun([*lines[:at], replace(lines[at], body=canonical.encode(other).decode())])
    found = list(differences(legible(lines[: at + 1], proofs), legible(again, proofs)))
    entry = f"entry {at}, {other['type']}: "
    assert all(one.startswith(entry) for one in found)
    assert any(one.startswith(f"{entry}body: supplies: 0: quantity: value: ") for one in found)
    assert any(one.startswith(f"{entry}leaf 1: burdens: fossilGhgEmissions: ") for one in found)


def test_entries_make_the_root(golden: Golden) -> None:
    lines, proofs = golden
    frontier = Frontier().extended([leaf_hash(bytes.fromhex(line.entry)) for line in lines[: proofs.size]])
    assert frontier.root().hex() == proofs.root


def test_entries_commit_to_bodies_and_leaves(golden: Golden) -> None:
    for line in golden[0]:
        entry = parse_entry(bytes.fromhex(line.entry))
        assert entry.digest == canonical.digest(line.body.encode())
        assert (entry.keyid.hex(), entry.signature.hex()) == (line.keyid, line.signature)
        assert entry.outcome == outcome_root([leaf.encode() for leaf in line.leaves])


def test_erased_bodies_leave_the_same_residue(golden: Golden, records: list[AnyRecord]) -> None:
    by_digest = {canonical.digest(line.body.encode()).hex(): record
                 for line, record in zip(golden[0], records, strict=True)}
    found = [(line.residue, canonical.encode(residue(by_digest[record.record])).decode())
             for line, record in zip(golden[0], records, strict=True) if isinstance(record, Erasure)]
    assert len(found) == 3
    for kept, again in found:
        assert kept == again


def test_nothing_is_lacking(golden: Golden, records: list[AnyRecord]) -> None:
    """Every record kind, every route of every sector, every factor set; each step of keys; withdrawals and fields of
    amendments; credits and green attributes, made and claimed; a delivery that a standing acceptance accepted."""
    assert set(get_args(AnyRecord)) - {type(record) for record in records} == set()
    known = registry()
    routes = {record.process for record in records if isinstance(record, Transformation)}
    of_sectors = {f"{name}.{route}" for name, one in known.sectors.items() for route in one.sector.routes}
    # The sector of the tests has routes that fail.
    assert {route for route in of_sectors - routes if not route.startswith(f"{NAME}.")} == set()
    activated = {record.plugin for record in records if isinstance(record, Activation)}
    assert {*known.sectors, *known.sets, "ledger-rules"} - activated == set()
    assert any(record.retired for record in records if isinstance(record, Activation))
    assert {record.recovery for record in records if isinstance(record, KeyChange)} == {
        None, "request", "objection", "complete"}
    assert {"claim", "retired"} <= {record.purpose for record in records if isinstance(record, Consumption)}
    text = FILE.read_text(encoding="utf-8").replace('\\"', '"')
    for part in ('"role":"credit"', '"role":"attribute"', '"withdrawn":true', '"acceptedBy":', '"averaged":{',
                 '"basis":"provisional"', '"questions":['):
        assert part in text, part


def test_receipts_verify_offline(golden: Golden) -> None:
    lines, proofs = golden
    for receipt in proofs.receipts:
        verified = verify_receipt(receipt, proofs.vkey, body=lines[receipt.index].body.encode())
        assert (verified.size, verified.checkpoint and verified.checkpoint.root.hex()) == (proofs.size, proofs.root)


def test_the_statement_verifies_offline(golden: Golden) -> None:
    proven = check_statement(golden[1].statement, golden[1].vkey)
    assert proven.assessment is not None
    assert proven.claims.size == golden[1].size


def test_the_bundle_verifies_offline_after_a_rotation(golden: Golden) -> None:
    """With nothing but the first key of the log and that of its registrar."""
    proofs = golden[1]
    checked = verify_bundle(proofs.bundle, ReplayedKeys(vkey=proofs.vkey, registrar=proofs.registrar))
    assert checked.organization == "urn:example:maker"
    assert checked.statement is not None
    assert sorted(checked.left_out) == [3]
