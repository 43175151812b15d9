"""What an attestation states of the examination: the tree, the evidence, the scope, the accreditation."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace
from unit.admission.world import END, MILL, START, World, attestation, digest_of, output, trading, transformation

from ledger.core.record import canonical
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.redacted import residue
from ledger.engine.batch import Sequenced
from ledger.errors import Refused

MADE = transformation([output("made")])
LOT = MILL.name("made")
PAPER, OTHER = "a" * 64, "b" * 64
SCOPE = AttestationScope(criteria="PCR 7", coverage="product")
CERTIFIED = AttestationScope(criteria="PCR 7", coverage="organisation", programme="a programme")
NEW: Mapping[str, Any] = {
    "tree_size": 1, "accreditation": Accreditation(body="a body", number="7"), "scope": SCOPE, "party": "third",
    "date": END, "examined": [PAPER],
}


@pytest.fixture
def world() -> World:
    """The newest entry is of one lot."""
    world = trading()
    world.admit(MADE)
    return world


def test_all_fields(world: World) -> None:
    record = attestation("lot", LOT, **{**NEW, "tree_size": world.state.size})
    assert canonical.decode_record(canonical.encode(record)) == record
    world.admit(record)


def test_a_tree_holds_the_subject_and_is_not_later_than_the_log(world: World) -> None:
    size = world.state.size
    for kind, subject in (("lot", LOT), ("record", digest_of(MADE))):
        for wrong, rule in ((size - 1, f"at least {size}"), (size + 2, "at most")):
            error = world.refuse(attestation(kind, subject, tree_size=wrong), "tree-size", "treeSize", wrong)
            assert rule in (error.rule or "")
    world.refuse(attestation("product", MILL.name("steel"), tree_size=size + 1), "tree-size", "treeSize", size + 1)
    world.admit(attestation("lot", LOT, tree_size=size))
    world.admit(attestation("product", MILL.name("steel"), tree_size=1))


def test_a_subject_of_the_same_batch_lies_in_no_earlier_tree(world: World) -> None:
    size = world.state.size
    made = transformation([output("late")])
    for kind, subject in (("lot", MILL.name("late")), ("record", digest_of(made))):
        verdicts, _ = world.run(made, attestation(kind, subject, tree_size=size))
        error = verdicts[1]
        assert isinstance(error, Refused)
        assert (error.code, error.rule) == ("tree-size", f"at least {size + 1}: the subject is entry {size}")
    verdicts, _ = world.run(made, attestation("lot", MILL.name("late"), tree_size=size + 1))
    assert isinstance(verdicts[1], Sequenced)


@pytest.mark.parametrize("date", ["2023-12-31T23:59:59Z", "2099-01-01T00:00:00Z"])
def test_a_conclusion_has_its_date_within_its_validity(world: World, date: str) -> None:
    error = world.refuse(attestation("lot", LOT, date=date), "period", "date", date)
    assert START in (error.rule or "")


def test_days_that_no_calendar_has(world: World) -> None:
    world.refuse(attestation("lot", LOT, date="2024-02-30T00:00:00Z"), "instant", "date", "2024-02-30T00:00:00Z")


@pytest.mark.parametrize(("kind", "subject", "examined"), [
    ("product", MILL.name("steel"), [PAPER]), ("facility", MILL.name("site"), [PAPER]),
    ("lot", LOT, [PAPER, OTHER, PAPER]),
])
def test_evidence_is_of_a_lot_or_record_and_named_once(
    world: World, kind: str, subject: str, examined: list[str]
) -> None:
    error = world.refuse(attestation(kind, subject, examined=examined), "examined-evidence", "examined")
    assert error.value == (PAPER if kind == "lot" else kind)


@pytest.mark.parametrize("scope", [replace(SCOPE, programme="a programme"), replace(CERTIFIED, programme=None)])
def test_a_certified_programme_has_a_name_and_nothing_else_has(world: World, scope: AttestationScope) -> None:
    world.refuse(attestation("lot", LOT, scope=scope), "attestation-scope", "scope.programme", scope.programme)
    world.admit(attestation("lot", LOT, scope=CERTIFIED))


def test_a_redacted_attestation_keeps_what_decides(world: World) -> None:
    """Words and documents go; the tree, the party and the coverage stay, and the rest is planned as before."""
    record: Any = residue(attestation("lot", LOT, **{**NEW, "tree_size": world.state.size, "scope": CERTIFIED}))
    assert (record.tree_size, record.party, record.date) == (world.state.size, "third", END)
    assert record.scope == AttestationScope(criteria="erased", coverage="organisation", programme="erased")
    assert (record.accreditation, record.examined) == (None, [])
    world.admit(record)
