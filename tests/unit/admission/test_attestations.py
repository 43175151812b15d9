"""Attestations, evidence and monitoring reports."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from msgspec.structs import replace
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import registry
from support.site import Site
from unit.admission.test_keys import complete, object_to, request
from unit.admission.world import (
    AUDITOR,
    DEALER,
    END,
    FORGE,
    MILL,
    ORIGIN,
    REGISTRAR,
    START,
    STRANGER,
    TREATER,
    Party,
    World,
    activation,
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

from ledger.admission.kinds.key_change import RECOVERY_DELAY
from ledger.admission.state import CONFIRMING_DAYS, DAY
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.cosignature import CosignatureVerifier, Cosigner, cosignature_line
from ledger.core.log.entry import parse_entry
from ledger.core.log.inclusion_proof import encode_proof
from ledger.core.log.merkle import inclusion_path, leaf_hash, tree_root
from ledger.core.log.note import NoteSigner, sign_note
from ledger.core.log.policy import ACTIVATED, FORMAT, parse_policy
from ledger.core.record import canonical
from ledger.core.record.assurance import Accreditation, AttestationScope
from ledger.core.record.kinds import Activation, Amendment, Amount, AnyRecord, Baseline, KeyChange, Report, WeekEvidence
from ledger.core.record.redacted import residue
from ledger.core.record.revisions import Change
from ledger.core.record.values import Money, Quantity
from ledger.core.signatures.signing import SigningKey
from ledger.engine.batch import Sequenced
from ledger.errors import InvalidBody, InvalidInput, LedgerError, Refused

MADE = transformation([output("made")])
SUBJECTS: Mapping[str, str] = {
    "record": digest_of(MADE), "lot": MILL.name("cast"), "product": MILL.name("steel"), "facility": MILL.name("site"),
    "statement": "urn:example:mill:statement:2024",
}


@pytest.fixture
def attested_world() -> World:
    attested_world = trading()
    attested_world.admit(MADE)
    return attested_world


# Who attests


@pytest.mark.parametrize("kind", SUBJECTS)
def test_an_auditor_attests_subjects_of_each_kind(attested_world: World, kind: str) -> None:
    """It is logged, and has no results: figures stand as they are."""
    before, record = attested_world.snapshot(), attestation(kind, SUBJECTS[kind])
    (entered,) = attested_world.admit(record)
    assert entered.leaves == ()
    after, digest = attested_world.snapshot(), bytes.fromhex(digest_of(record))
    assert after["digests"] - before["digests"] == {digest}
    assert after["records"].keys() - before["records"].keys() == {digest.hex()}
    assert after["records"][digest.hex()].type == "attestation"
    assert {name for name in after if after[name] != before[name]} == {"digests", "nonces", "records", "size"}


@pytest.mark.parametrize("kind", SUBJECTS)
@pytest.mark.parametrize("by", [FORGE, REGISTRAR], ids=["a supplier", "the registrar"])
def test_nobody_else_attests(attested_world: World, kind: str, by: Party) -> None:
    assert "role auditor" in (attested_world.refuse(attestation(kind, SUBJECTS[kind], by=by), "not-auditor",
                                                    "issuer", by.id,
                                           says=f"{by.id} may not attest").rule or "")


@pytest.mark.parametrize(("kind", "subject"), [
    ("record", "0" * 64), *[(kind, MILL.name("never")) for kind in ("lot", "product", "facility")]])
def test_nobody_else_learns_whether_a_subject_exists(attested_world: World, kind: str, subject: str) -> None:
    """The refusals are the same for things of others that exist and for things that do not."""
    known, unknown = [
        attested_world.refuse(attestation(kind, name, by=FORGE), "not-auditor", "issuer", FORGE.id)
        for name in (SUBJECTS[kind], subject)]
    assert (known.message, known.rule, known.value) == (unknown.message, unknown.rule, unknown.value)


def test_who_is_not_enrolled_attests_nothing(attested_world: World) -> None:
    attested_world.refuse(attestation("lot", SUBJECTS["lot"], by=STRANGER), "unknown-key", "key")


def test_an_auditor_signs_with_its_own_key(attested_world: World) -> None:
    attested_world.refuse(attestation("lot", SUBJECTS["lot"]), "wrong-issuer", "issuer", AUDITOR.id, key=FORGE.key)


@pytest.mark.parametrize(("level", "opinion"), [("limited", "unmodified"), ("reasonable", "qualified"),
                                                ("limited", "adverse"), ("reasonable", "disclaimer")])
def test_every_conclusion_is_logged(attested_world: World, level: str, opinion: str) -> None:
    """Also several on one subject: auditors may differ, and look again."""
    second = attestation("lot", SUBJECTS["lot"], level=level, opinion=opinion, samples=0, materiality="0.05")
    attested_world.admit(attestation("lot", SUBJECTS["lot"]), second)


# On what


@pytest.mark.parametrize(
    ("kind", "subject"),
    [("record", "0" * 64), ("record", "made"), ("lot", MILL.name("never")), ("product", MILL.name("never")),
     ("facility", MILL.name("never"))],
)
def test_a_subject_is_on_the_ledger(attested_world: World, kind: str, subject: str) -> None:
    error = attested_world.refuse(attestation(kind, subject), "unknown-subject", "subject.id", subject,
                         says=f"the ledger has no {kind} {subject!r}")
    assert error.rule == f"a {kind} that an earlier record entered"


@pytest.mark.parametrize("kind", ["record", "lot", "product", "facility"])
@pytest.mark.parametrize("other", ["record", "lot", "product", "facility"])
def test_a_subject_is_of_the_kind_that_is_said(attested_world: World, kind: str, other: str) -> None:
    record = attestation(kind, SUBJECTS[other])
    if kind == other:
        attested_world.admit(record)
    else:
        attested_world.refuse(record, "unknown-subject", "subject.id", SUBJECTS[other])


@pytest.mark.parametrize("statement", ["2024", "urn:example:%7e", "URN:example:a"])
def test_a_statement_has_a_normal_identifier(attested_world: World, statement: str) -> None:
    error = attested_world.refuse(attestation("statement", statement), "invalid-identifier", "subject.id", statement)
    assert isinstance(error, InvalidInput)


def test_a_subject_of_the_same_batch(attested_world: World) -> None:
    verdicts, _ = attested_world.run(
        attestation("lot", MILL.name("late")), transformation([output("late")]), attestation("lot", MILL.name("late")),
    )
    assert isinstance(verdicts[0], Refused)
    assert verdicts[0].code == "unknown-subject"
    assert [isinstance(verdict, Sequenced) for verdict in verdicts[1:]] == [True, True]


def test_an_attestation_may_be_attested(attested_world: World) -> None:
    """By another auditor: a review."""
    first = attestation("lot", SUBJECTS["lot"])
    attested_world.admit(first, organization(STRANGER, roles=["auditor"]))
    attested_world.admit(attestation("record", digest_of(first), by=STRANGER))


def test_nobody_attests_what_is_its_own(attested_world: World) -> None:
    """An auditor that makes, holds or sells things besides says nothing of those, and of all others what it likes."""
    both = STRANGER
    attested_world.admit(organization(both, roles=["auditor"]))
    made = burdened(output("own", of=both), "1", by=both)
    attested_world.admit(facility(by=both), product("steel", by=both), made,
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
        assert "impartiality" in (attested_world.refuse(attestation(kind, subject, by=both), "not-independent",
                                                        "subject.id",
                                               subject, says=f"the auditor's own {kind}").rule or "")
        attested_world.admit(attestation(kind, subject))
    attested_world.admit(*[attestation(kind, SUBJECTS[kind], by=both) for kind in SUBJECTS],
                attestation("lot", DEALER.name("sold-on"), by=both))


# For how long


@pytest.mark.parametrize("end", [START, "2023-12-31T23:59:59Z"])
def test_a_period_ends_after_it_starts(attested_world: World, end: str) -> None:
    attested_world.refuse(attestation("lot", SUBJECTS["lot"], end=end), "period", "end", end, says=START)


@pytest.mark.parametrize("until", [START, "2024-01-31T23:59:59Z"])
def test_an_attestation_is_valid_until_the_end_of_its_period_at_least(attested_world: World, until: str) -> None:
    record = attestation("lot", SUBJECTS["lot"], valid_until=until)
    assert "end of its period" in (attested_world.refuse(record, "period", "validUntil", until, says=END).rule or "")
    attested_world.admit(attestation("lot", SUBJECTS["lot"], valid_until=END))


@pytest.mark.parametrize(("name", "field"), [("start", "start"), ("end", "end"), ("valid_until", "validUntil")])
def test_days_that_no_calendar_has(attested_world: World, name: str, field: str) -> None:
    day = "2024-02-30T00:00:00Z"
    attested_world.refuse(attestation("lot", SUBJECTS["lot"], **{name: day}), "instant", field, day, says=day)


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


def test_all_fields(attested_world: World) -> None:
    record = attestation("lot", LOT, **{**NEW, "tree_size": attested_world.state.size})
    assert canonical.decode_record(canonical.encode(record)) == record
    attested_world.admit(record)


def test_a_tree_holds_the_subject_and_is_not_later_than_the_log(attested_world: World) -> None:
    size = attested_world.state.size
    for kind, subject in (("lot", LOT), ("record", digest_of(MADE))):
        for wrong, rule in ((size - 1, f"at least {size}"), (size + 2, "at most")):
            error = attested_world.refuse(attestation(kind, subject, tree_size=wrong), "tree-size", "treeSize", wrong)
            assert rule in (error.rule or "")
    attested_world.refuse(attestation("product", MILL.name("steel"), tree_size=size + 1), "tree-size", "treeSize",
                          size + 1)
    attested_world.admit(attestation("lot", LOT, tree_size=size))
    attested_world.admit(attestation("product", MILL.name("steel"), tree_size=1))


def test_a_subject_of_the_same_batch_lies_in_no_earlier_tree(attested_world: World) -> None:
    size = attested_world.state.size
    made = transformation([output("late")])
    for kind, subject in (("lot", MILL.name("late")), ("record", digest_of(made))):
        verdicts, _ = attested_world.run(made, attestation(kind, subject, tree_size=size))
        error = verdicts[1]
        assert isinstance(error, Refused)
        assert (error.code, error.rule) == ("tree-size", f"at least {size + 1}: the subject is entry {size}")
    verdicts, _ = attested_world.run(made, attestation("lot", MILL.name("late"), tree_size=size + 1))
    assert isinstance(verdicts[1], Sequenced)


@pytest.mark.parametrize("date", ["2023-12-31T23:59:59Z", "2099-01-01T00:00:00Z"])
def test_a_conclusion_has_its_date_within_its_validity(attested_world: World, date: str) -> None:
    assert START in (attested_world.refuse(attestation("lot", LOT, date=date), "period", "date", date).rule or "")


def test_pinned_days_that_no_calendar_has(attested_world: World) -> None:
    attested_world.refuse(attestation("lot", LOT, date="2024-02-30T00:00:00Z"), "instant", "date",
                          "2024-02-30T00:00:00Z")


@pytest.mark.parametrize(("kind", "subject", "examined"), [
    ("product", MILL.name("steel"), [PAPER]), ("facility", MILL.name("site"), [PAPER]),
    ("lot", LOT, [PAPER, OTHER, PAPER]),
])
def test_evidence_is_of_a_lot_or_record_and_named_once(
    attested_world: World, kind: str, subject: str, examined: list[str]
) -> None:
    error = attested_world.refuse(attestation(kind, subject, examined=examined), "examined-evidence", "examined")
    assert error.value == (PAPER if kind == "lot" else kind)


@pytest.mark.parametrize("scope", [replace(SCOPE, programme="a programme"), replace(CERTIFIED, programme=None)])
def test_a_certified_programme_has_a_name_and_nothing_else_has(attested_world: World, scope: AttestationScope) -> None:
    attested_world.refuse(attestation("lot", LOT, scope=scope), "attestation-scope", "scope.programme", scope.programme)
    attested_world.admit(attestation("lot", LOT, scope=CERTIFIED))


def test_a_redacted_attestation_keeps_what_decides(attested_world: World) -> None:
    """Words and documents go; the tree, the party and the coverage stay, and the rest is planned as before."""
    record: Any = residue(attestation("lot", LOT, **{**NEW, "tree_size": attested_world.state.size,
                                                     "scope": CERTIFIED}))
    assert (record.tree_size, record.party, record.date) == (attested_world.state.size, "third", END)
    assert record.scope == AttestationScope(criteria="erased", coverage="organisation", programme="erased")
    assert (record.accreditation, record.examined) == (None, [])
    attested_world.admit(record)


# The week of a recovery, by version 2 of the rules: on time that a quorum has cosigned, or that entries of seven days
# confirm. A clock that is set forward shows neither.

NAMES: Final = ("alpha", "beta", "gamma")
KEYS: Final = {name: SigningKey.from_seed(hashlib.sha256(name.encode()).digest()).private for name in NAMES}
LOG: Final = NoteSigner(ORIGIN, SigningKey.from_seed(b"\7" * 32).private)  # type: ignore[arg-type]
NOON: Final = 1_800_000_000
WEEK: Final = RECOVERY_DELAY // 1000
_names = iter(range(1 << 30))


def policy(quorum: int = 2) -> str:
    lines = [f"witness {name} {CosignatureVerifier(f'{name}.test', key.public_key()).vkey}\n"  # type: ignore[arg-type]
             for name, key in KEYS.items()]
    return "".join(lines) + f"group all {quorum} {' '.join(NAMES)}\nquorum all\n"


def witnesses(text: str, **fields: Any) -> Activation:
    return activation(ACTIVATED, version=FORMAT, digest=parse_policy(text.encode()).digest, **fields)


def proved(entry: bytes, index: int, times: Mapping[str, int], *, size: int | None = None, origin: str = ORIGIN) -> str:
    """The entry in a head that each of these witnesses has cosigned at its time."""
    leaves = [hashlib.sha256(bytes([number])).digest() for number in range(size or index + 1)]
    leaves[index] = leaf_hash(entry)
    head = Checkpoint(origin, len(leaves), tree_root(leaves))
    signer = NoteSigner(origin, SigningKey.from_seed(b"\7" * 32).private)  # type: ignore[arg-type]
    lines = [cosignature_line(Cosigner(f"{name}.test", KEYS[name], time), head.text())  # type: ignore[arg-type]
             for name, time in times.items()]
    return encode_proof(index, inclusion_path(leaves, index), sign_note(head.text(), [signer]) + "".join(lines))


class Asked:
    """A request that stands on the log of a world with witnesses."""

    def __init__(self, world: World, text: str | None = None) -> None:
        self.text = text or policy()
        self.record = request()
        world.admit(witnesses(self.text))
        ((verdict,), _) = world.run(self.record)
        assert isinstance(verdict, Sequenced)
        self.entry, self.index = verdict.entry, verdict.index

    def completion(self, since: Mapping[str, int], until: Mapping[str, int], **other: Any) -> KeyChange:
        """On what each witness has cosigned when; `other` fields of the evidence instead."""
        return complete(self.record, evidence=WeekEvidence(**{
            "policy": self.text, "entry": base64.b64encode(self.entry).decode(),
            "first": proved(self.entry, self.index, since), "last": proved(self.entry, self.index, until), **other,
        }))


def at(time: int, names: Sequence[str] = NAMES) -> dict[str, int]:
    return dict.fromkeys(names, time)


def day_by_day(world: World, days: Sequence[int]) -> None:
    """An entry after each of these many days."""
    for one in days:
        world.time += one * DAY
        world.admit(product(f"thing-{next(_names)}", by=FORGE))


# Without witnesses


def test_a_clock_set_forward_counts_for_a_day(world: World) -> None:
    """However far it is set, and in one batch with the completion."""
    asked = request()
    world.admit(asked)
    world.time += 52 * RECOVERY_DELAY
    world.refuse(complete(asked), "recovery-early", "recovery", 1)
    verdicts, _ = world.run(product(f"thing-{next(_names)}", by=FORGE), complete(asked))
    assert [getattr(verdict, "code", None) for verdict in verdicts] == [None, "recovery-early"]


def test_seven_entries_each_a_day_after_the_one_before(world: World) -> None:
    asked = request()
    world.admit(asked)
    day_by_day(world, [1] * (CONFIRMING_DAYS - 1))
    world.time += DAY - 1
    world.refuse(complete(asked), "recovery-early", "recovery", CONFIRMING_DAYS - 1)
    world.time += 1
    world.admit(complete(asked))


def test_days_without_entries_only_take_longer(world: World) -> None:
    asked = request()
    world.admit(asked)
    day_by_day(world, [3, 1, 20, 2, 1])
    world.time += 30 * DAY
    world.refuse(complete(asked), "recovery-early", "recovery", 6)
    day_by_day(world, [0, 1])
    world.admit(complete(asked))


def test_many_entries_of_a_day_count_once(world: World) -> None:
    asked = request()
    world.admit(asked)
    for _ in range(20):
        world.time += DAY // 10
        world.admit(product(f"thing-{next(_names)}", by=FORGE))
    world.refuse(complete(asked), "recovery-early", "recovery", 2)


# With witnesses


def test_two_heads_cosigned_a_week_apart(world: World) -> None:
    """The log's own clock says nothing of it."""
    asked = Asked(world)
    early = asked.completion(at(NOON), at(NOON + WEEK - 1))
    world.refuse(early, "recovery-early", "evidence.last", NOON + WEEK - 1)
    world.time += 52 * RECOVERY_DELAY
    world.refuse(early, "recovery-early", "evidence.last")
    world.refuse(complete(asked.record), "recovery-evidence", "evidence")
    world.admit(asked.completion(at(NOON), at(NOON + WEEK)))


@pytest.mark.parametrize(("first", "last", "held"), [
    # One of three lies, and two are a quorum: neither its early nor its late word counts.
    ({**at(NOON), "gamma": NOON - WEEK}, at(NOON + 1), False),
    (at(NOON), {**at(NOON + 1), "gamma": NOON + 2 * WEEK}, False),
    ({"alpha": NOON, "gamma": NOON - WEEK}, {"alpha": NOON + 1, "gamma": NOON + WEEK}, False),
    ({"alpha": NOON, "beta": NOON}, {"beta": NOON + WEEK, "gamma": NOON + WEEK}, True),
])
def test_as_long_as_a_quorum_has_an_honest_member(
    world: World, first: dict[str, int], last: dict[str, int], held: bool
) -> None:
    record = Asked(world).completion(first, last)
    if held:
        world.admit(record)
    else:
        world.refuse(record, "recovery-early", "evidence.last")


def test_evidence_that_is_none(world: World) -> None:
    asked = Asked(world)
    first, last = at(NOON), at(NOON + WEEK)
    other = parse_entry(asked.entry)._replace(digest=bytes(32)).to_bytes()
    weaker = policy(1)
    alone = at(NOON + WEEK, ["alpha"])
    wrong = [
        asked.completion(first, alone), asked.completion(alone, last),
        asked.completion(first, last, policy=weaker), asked.completion(first, last, policy="quorum none\n"),
        asked.completion(first, last, policy="no policy"),
        asked.completion(first, last, entry=base64.b64encode(other).decode()),
        asked.completion(first, last, entry="AA=="),
        asked.completion(first, last, first="no proof"),
        asked.completion(first, last, first=proved(other, asked.index, first)),
        asked.completion(first, last, last=proved(asked.entry, asked.index, last, size=200)),
        asked.completion(first, last, last=proved(asked.entry, asked.index, last, origin="other.example/log")),
    ]
    for record in wrong:
        world.refuse(record, "recovery-evidence", "evidence")
    world.admit(asked.completion(first, last))


def test_other_witnesses_end_what_waits(world: World) -> None:
    """Else a registrar would name its own, and they would have seen a week pass; `none` at all would do as well."""
    for change in (witnesses(policy(1)), witnesses(policy(), retired=True)):
        asked = Asked(world)
        world.admit(change)
        world.refuse(asked.completion(at(NOON), at(NOON + WEEK)), "no-recovery", "request", digest_of(asked.record))
        assert (ACTIVATED in world.state.plugins) != change.retired


def test_an_objection_ends_it_all_the_same(world: World) -> None:
    asked = Asked(world)
    world.admit(object_to(asked.record))
    world.refuse(asked.completion(at(NOON), at(NOON + WEEK)), "no-recovery", "request")
    assert world.state.keys[MILL.key.keyid].active


# Reports of sites and organisations: who may report what, once a period, and what changes them.

YEAR = {"start": "2025-01-01T00:00:00Z", "end": "2026-01-01T00:00:00Z"}
THEN = {"start": "2020-01-01T00:00:00Z", "end": "2021-01-01T00:00:00Z"}
MONEY = Money(value="1000000", currency="CNY")


def works() -> Site:
    return Site(MemoryLedger(registry()), "works")


def report(site: Site, **fields: Any) -> Report:
    fields = {**YEAR, "facility": site.facility, "value_added": MONEY, **fields}
    return Report(issuer=site.id, nonce=site.ledger.nonce(), **fields)


def post(site: Site, record: AnyRecord) -> Sequenced | LedgerError:
    (verdict,) = site.ledger.post([(site.party, record)])
    assert isinstance(verdict, Sequenced | LedgerError)
    return verdict


def admitted(site: Site, record: AnyRecord) -> str:
    """Its digest."""
    verdict = post(site, record)
    assert isinstance(verdict, Sequenced), verdict
    return verdict.digest.hex()


def refused(site: Site, record: AnyRecord, code: str, field: str | None) -> LedgerError:
    before = site.ledger.fingerprint()
    verdict = post(site, record)
    assert isinstance(verdict, LedgerError), verdict
    assert (verdict.code, verdict.field, site.ledger.fingerprint()) == (code, field, before)
    return verdict


def amendment(site: Site, digest: str, **fields: Any) -> Amendment:
    change = Change(record=digest, fields={name: Raw(msgspec.json.encode(value)) for name, value in fields.items()},
                    withdrawn=not fields)
    return Amendment(issuer=site.id, nonce=site.ledger.nonce(), changes=[change], reason="a slip")


def test_a_site_and_its_organisation_are_reported_side_by_side() -> None:
    site = works()
    admitted(site, report(site))
    admitted(site, report(site, facility=None))
    assert site.ledger.state.reports == {
        site.facility: {(YEAR["start"], YEAR["end"])}, site.id: {(YEAR["start"], YEAR["end"])},
    }


def test_a_report_goes_over_the_wire_and_back() -> None:
    site = works()
    record = report(site, figures={"waterWithdrawn": Amount(value="-3.5", unit="MTQ")}, baseline=Baseline(
        **THEN, value_added=MONEY, energy=Quantity(value="5", unit="D30"), emissions=Quantity(value="7", unit="TNE"),
        indicators={"energyPerTonneClinker": "3400"},
    ))
    assert canonical.decode_record(canonical.encode(record)) == record
    assert canonical.encode(record).startswith(b'{"baseline":{"emissions":{"unit":"TNE"')


@pytest.mark.parametrize(("start", "end"), [
    ("2025-01-01T00:00:00Z", "2026-01-01T00:00:00Z"), ("2025-12-31T00:00:00Z", "2026-02-01T00:00:00Z"),
    ("2025-03-01T00:00:00Z", "2025-04-01T00:00:00Z"),
])
def test_a_period_of_a_subject_is_reported_once(start: str, end: str) -> None:
    site = works()
    admitted(site, report(site))
    refused(site, report(site, start=start, end=end), "reported-already", "start")


def test_periods_that_touch_do_not_overlap() -> None:
    site = works()
    admitted(site, report(site))
    admitted(site, report(site, start=YEAR["end"], end="2027-01-01T00:00:00Z"))
    admitted(site, report(site, start="2024-01-01T00:00:00Z", end=YEAR["start"]))


def test_two_reports_of_one_batch() -> None:
    site = works()
    first, second = site.ledger.post([(site.party, report(site)), (site.party, report(site))])
    assert isinstance(first, Sequenced)
    assert isinstance(second, Refused)


def test_another_operators_site_is_not_reported() -> None:
    site = works()
    refused(site, report(site, facility=Site(site.ledger, "other").facility), "unknown-facility", "facility")
    refused(site, report(site, facility="urn:example:nowhere"), "unknown-facility", "facility")


@pytest.mark.parametrize(("fields", "code", "field"), [
    ({"end": "2025-01-01T00:00:00Z"}, "period", "end"),
    ({"start": "2025-02-30T00:00:00Z"}, "instant", "start"),
    ({"value_added": None}, "report-form", "valueAdded"),
    ({"figures": {"water": Amount(value="1", unit="QQQ")}}, "unknown-unit", "figures.water.unit"),
    ({"baseline": Baseline(start=THEN["end"], end=THEN["start"])}, "period", "baseline.end"),
    ({"baseline": Baseline(start=THEN["start"], end="2025-01-02T00:00:00Z")}, "report-form", "baseline.end"),
    ({"baseline": Baseline(**THEN, energy=Quantity(value="1", unit="KGM"))}, "wrong-dimension", "baseline.energy"),
    ({"baseline": Baseline(**THEN, emissions=Quantity(value="1", unit="KWH"))}, "wrong-dimension",
     "baseline.emissions"),
    ({"baseline": Baseline(**THEN, value_added=Money(value="1", currency="EUR"))}, "currencies",
     "baseline.valueAdded"),
])
def test_what_no_report_says(fields: dict[str, Any], code: str, field: str) -> None:
    site = works()
    refused(site, report(site, **fields), code, field)


def test_value_added_below_zero_is_no_value() -> None:
    site = works()
    error = post(site, report(site, value_added=Money(value="-1", currency="CNY")))
    assert isinstance(error, InvalidInput)
    assert error.field == "$.valueAdded.value"


def test_an_amended_report_reads_otherwise() -> None:
    site = works()
    digest = admitted(site, report(site))
    admitted(site, amendment(site, digest, valueAdded={"value": "2", "currency": "CNY"}))
    reading = site.ledger.reading(site.ledger.state.records[digest].index)
    assert isinstance(reading, Report)
    assert reading.value_added == Money(value="2", currency="CNY")
    # The period stays taken.
    refused(site, report(site), "reported-already", "start")


@pytest.mark.parametrize("fields", [{"start": "2025-02-01T00:00:00Z"}, {"facility": "urn:example:works:other"}])
def test_what_a_report_is_about_does_not_change(fields: dict[str, str]) -> None:
    site = works()
    digest = admitted(site, report(site))
    (name,) = fields
    refused(site, amendment(site, digest, **fields), "not-amendable", f"changes[0].fields.{name}")


def test_an_amendment_is_held_to_the_same_rules() -> None:
    site = works()
    digest = admitted(site, report(site))
    error = post(site, amendment(site, digest, baseline={"start": THEN["start"], "end": "2025-06-01T00:00:00Z"}))
    assert isinstance(error, Refused)
    assert error.code == "report-form"


def test_the_period_of_a_withdrawn_report_is_free_again() -> None:
    site = works()
    digest = admitted(site, report(site))
    admitted(site, amendment(site, digest))
    assert site.ledger.reading(site.ledger.state.records[digest].index) is None
    admitted(site, report(site))
