"""What auditors conclude: by whom, on what, and for how long."""

from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace
from support.raising import raised
from unit.admission.world import (
    AUDITOR,
    DEALER,
    END,
    FORGE,
    MILL,
    REGISTRAR,
    START,
    STRANGER,
    TREATER,
    Party,
    World,
    attestation,
    burdened,
    digest_of,
    facility,
    flow,
    organization,
    output,
    product,
    trading,
    transfer,
    transformation,
)

from ledger.core.record import canonical
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.redacted import residue
from ledger.engine.batch import Sequenced
from ledger.errors import InvalidBody, InvalidInput, Refused

MADE = transformation([output("made")])
SUBJECTS: Mapping[str, str] = {
    "record": digest_of(MADE), "lot": MILL.name("cast"), "product": MILL.name("steel"), "facility": MILL.name("site"),
    "statement": "urn:example:mill:statement:2024",
}


@pytest.fixture
def world() -> World:
    world = trading()
    world.admit(MADE)
    return world


# Who attests


@pytest.mark.parametrize("kind", SUBJECTS)
def test_an_auditor_attests_subjects_of_each_kind(world: World, kind: str) -> None:
    """It is logged, and has no results: figures stand as they are."""
    before, record = world.snapshot(), attestation(kind, SUBJECTS[kind])
    (entered,) = world.admit(record)
    assert entered.leaves == ()
    after, digest = world.snapshot(), bytes.fromhex(digest_of(record))
    assert after["digests"] - before["digests"] == {digest}
    assert after["records"].keys() - before["records"].keys() == {digest.hex()}
    assert after["records"][digest.hex()].type == "attestation"
    assert {name for name in after if after[name] != before[name]} == {"digests", "nonces", "records", "size"}


@pytest.mark.parametrize("kind", SUBJECTS)
@pytest.mark.parametrize("by", [FORGE, REGISTRAR], ids=["a supplier", "the registrar"])
def test_nobody_else_attests(world: World, kind: str, by: Party) -> None:
    assert "role auditor" in (world.refuse(attestation(kind, SUBJECTS[kind], by=by), "not-auditor", "issuer", by.id,
                                           says=f"{by.id} may not attest").rule or "")


@pytest.mark.parametrize(("kind", "subject"), [
    ("record", "0" * 64), *[(kind, MILL.name("never")) for kind in ("lot", "product", "facility")]])
def test_nobody_else_learns_whether_a_subject_exists(world: World, kind: str, subject: str) -> None:
    """The refusals are the same for things of others that exist and for things that do not."""
    known, unknown = [
        world.refuse(attestation(kind, name, by=FORGE), "not-auditor", "issuer", FORGE.id)
        for name in (SUBJECTS[kind], subject)]
    assert (known.message, known.rule, known.value) == (unknown.message, unknown.rule, unknown.value)


def test_who_is_not_enrolled_attests_nothing(world: World) -> None:
    world.refuse(attestation("lot", SUBJECTS["lot"], by=STRANGER), "unknown-key", "key")


def test_an_auditor_signs_with_its_own_key(world: World) -> None:
    world.refuse(attestation("lot", SUBJECTS["lot"]), "wrong-issuer", "issuer", AUDITOR.id, key=FORGE.key)


@pytest.mark.parametrize(("level", "opinion"), [("limited", "unmodified"), ("reasonable", "qualified"),
                                                ("limited", "adverse"), ("reasonable", "disclaimer")])
def test_every_conclusion_is_logged(world: World, level: str, opinion: str) -> None:
    """Also several on one subject: auditors may differ, and look again."""
    second = attestation("lot", SUBJECTS["lot"], level=level, opinion=opinion, samples=0, materiality="0.05")
    world.admit(attestation("lot", SUBJECTS["lot"]), second)


# On what


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("record", "0" * 64), ("record", "made"), ("lot", MILL.name("never")), ("product", MILL.name("never")),
     ("facility", MILL.name("never"))],
)
def test_a_subject_is_on_the_ledger(world: World, kind: str, subject: str) -> None:
    error = world.refuse(attestation(kind, subject), "unknown-subject", "subject.id", subject,
                         says=f"the ledger has no {kind} {subject!r}")
    assert error.rule == f"a {kind} that an earlier record entered"


@pytest.mark.parametrize("kind", ["record", "lot", "product", "facility"])
@pytest.mark.parametrize("other", ["record", "lot", "product", "facility"])
def test_a_subject_is_of_the_kind_that_is_said(world: World, kind: str, other: str) -> None:
    record = attestation(kind, SUBJECTS[other])
    if kind == other:
        world.admit(record)
    else:
        world.refuse(record, "unknown-subject", "subject.id", SUBJECTS[other])


@pytest.mark.parametrize("statement", ["2024", "urn:example:%7e", "URN:example:a"])
def test_a_statement_has_a_normal_identifier(world: World, statement: str) -> None:
    error = world.refuse(attestation("statement", statement), "invalid-identifier", "subject.id", statement)
    assert isinstance(error, InvalidInput)


def test_a_subject_of_the_same_batch(world: World) -> None:
    verdicts, _ = world.run(
        attestation("lot", MILL.name("late")), transformation([output("late")]), attestation("lot", MILL.name("late")),
    )
    assert isinstance(verdicts[0], Refused)
    assert verdicts[0].code == "unknown-subject"
    assert [isinstance(verdict, Sequenced) for verdict in verdicts[1:]] == [True, True]


def test_an_attestation_may_be_attested(world: World) -> None:
    """By another auditor: a review."""
    first = attestation("lot", SUBJECTS["lot"])
    world.admit(first, organization(STRANGER, roles=["auditor"]))
    world.admit(attestation("record", digest_of(first), by=STRANGER))


def test_nobody_attests_what_is_its_own(world: World) -> None:
    """An auditor that makes, holds or sells things besides says nothing of those, and of all others what it likes."""
    both = STRANGER
    world.admit(organization(both, roles=["auditor"]))
    made = burdened(output("own", of=both), "1", by=both)
    world.admit(facility(by=both), product("steel", by=both), made,
                transfer("cast", "2", "kept", to=both, purpose="custody"),
                transfer("own", "0.5", "out", by=both, to=TREATER, purpose="custody"),
                transformation([output("hard", "0.5", of=TREATER, owner=both.id)], [flow("out", "0.5", of=both)],
                               by=TREATER),
                transfer("own", "0.25", "sold", by=both, to=DEALER),
                transfer("sold", "0.25", "sold-on", by=DEALER, of=both, to=FORGE))
    for kind, subject in (
        ("record", digest_of(made)), ("lot", both.name("own")), ("lot", MILL.name("kept")), ("lot", both.name("out")),
        ("lot", TREATER.name("hard")), ("lot", both.name("sold")), ("product", both.name("steel")),
        ("facility", both.name("site")),
    ):
        assert "impartiality" in (world.refuse(attestation(kind, subject, by=both), "not-independent", "subject.id",
                                               subject, says=f"the auditor's own {kind}").rule or "")
        world.admit(attestation(kind, subject))
    world.admit(*[attestation(kind, SUBJECTS[kind], by=both) for kind in SUBJECTS],
                attestation("lot", DEALER.name("sold-on"), by=both))


# For how long


@pytest.mark.parametrize("end", [START, "2023-12-31T23:59:59Z"])
def test_a_period_ends_after_it_starts(world: World, end: str) -> None:
    world.refuse(attestation("lot", SUBJECTS["lot"], end=end), "period", "end", end, says=START)


@pytest.mark.parametrize("until", [START, "2024-01-31T23:59:59Z"])
def test_an_attestation_is_valid_until_the_end_of_its_period_at_least(world: World, until: str) -> None:
    record = attestation("lot", SUBJECTS["lot"], valid_until=until)
    assert "end of its period" in (world.refuse(record, "period", "validUntil", until, says=END).rule or "")
    world.admit(attestation("lot", SUBJECTS["lot"], valid_until=END))


@pytest.mark.parametrize(("name", "field"), [("start", "start"), ("end", "end"), ("valid_until", "validUntil")])
def test_days_that_no_calendar_has(world: World, name: str, field: str) -> None:
    day = "2024-02-30T00:00:00Z"
    world.refuse(attestation("lot", SUBJECTS["lot"], **{name: day}), "instant", field, day, says=day)


@pytest.mark.parametrize(
    ("fields", "where"),
    [({"samples": -1}, "$.samples"), ({"materiality": "1.1"}, "$.materiality"), ({"standard": ""}, "$.standard"),
     ({"level": "absolute"}, "$.level"), ({"opinion": "fine"}, "$.opinion"),
     ({"valid_until": "2025-02-01"}, "$.validUntil")],
)
def test_what_no_attestation_says(fields: dict[str, Any], where: str) -> None:
    record = replace(attestation("lot", SUBJECTS["lot"]), **fields)
    assert raised(InvalidBody, canonical.decode_record, canonical.encode(record)).field == where


def test_an_attestation_comes_as_it_was_sent() -> None:
    record = attestation("lot", SUBJECTS["lot"], samples=12, materiality="0.05")
    assert canonical.decode_record(canonical.encode(record)) == record


# What an attestation states of the examination: the tree, the evidence, the scope, the accreditation.


LOT = MILL.name("made")
PAPER, OTHER = "a" * 64, "b" * 64
SCOPE = AttestationScope(criteria="PCR 7", coverage="product")
CERTIFIED = AttestationScope(criteria="PCR 7", coverage="organisation", programme="a programme")
NEW: Mapping[str, Any] = {
    "tree_size": 1, "accreditation": Accreditation(body="a body", number="7"), "scope": SCOPE, "party": "third",
    "date": END, "examined": [PAPER],
}


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
    assert START in (world.refuse(attestation("lot", LOT, date=date), "period", "date", date).rule or "")


def test_pinned_days_that_no_calendar_has(world: World) -> None:
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
