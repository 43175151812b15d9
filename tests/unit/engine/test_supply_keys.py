"""The keys of supplies: an unknown one says so or prices itself, and a known one does not say that it is unknown."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from support import factor_sets
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import MAKE, Make
from support.site import ore, quantity, raw, supply
from unit.engine.works import MARCH, Works, change, day

from ledger.core.outcome.assessment import Assessment
from ledger.core.record import canonical
from ledger.core.record.kinds import Amendment, Closing, Transfer, Transformation
from ledger.core.record.values import Factor, Supply
from ledger.engine.batch import Sequenced, Verdict
from ledger.engine.pricing.keys_and_rows import check_keys, key_faults
from ledger.errors import LedgerError, Refused
from ledger.sdk import FactorSetVersion

SET = factor_sets.version("1")
OWN = Factor(value="2", unit="KGM", source="maker", year=2025, boundary="cradleToGate")


def faults(*supplies: Supply, sets: tuple[FactorSetVersion, ...] = (SET,)) -> list[tuple[str | None, str | None]]:
    return [(fault.code, fault.field) for fault in key_faults(
        [(f"supplies[{i}]", one) for i, one in enumerate(supplies)], sets)]


@pytest.mark.parametrize("stated", [
    supply("steel", "1 KGM"), supply("truckFreight", "1 TKM"),  # an alias
    supply("superalloy", "1 KGM", unknown=True), supply("superalloy", "1 KGM", factor=OWN),
    supply("superalloy", "1 KGM", declaration="0" * 64),
    supply("superalloy", "1 KGM", factor_row="round:steel/cradleToGate/*/2025"),
    supply("superalloy", "1 KGM", factor=OWN, unknown=True), ore("1 KGM"),
])
def test_keys_without_a_fault(stated: Supply) -> None:
    assert faults(stated) == []


def test_all_faults_of_keys_and_rows_come_at_once() -> None:
    supplies = [
        ("supplies[0]", supply("steeel", "1 KGM")), ("supplies[1]", supply("steel", "1 KGM")),
        ("supplies[2]", supply("truckFreight", "1 TKM", unknown=True)),
        ("supplies[3]", supply("steel", "1 KGM", factor_row="round:steel/cradleToGate/XX/2025")),
    ]
    error = raised(Refused, check_keys, supplies, (SET,))
    assert [(one.code, one.field, one.value) for one in error.parts] == [
        ("unknown-supply", "supplies[0].material", "steeel"), ("known-supply", "supplies[2].unknown", "true"),
        ("unknown-factor-row", "supplies[3].factorRow", "round:steel/cradleToGate/XX/2025"),
    ]
    unknown, known, _ = error.parts
    assert "`unknown: true`" in (unknown.rule or "")
    assert "round@1 knows 'truckFreight' as Lorry" in known.message
    assert known.mend == ({"op": "remove", "path": "/supplies/2/unknown"},)


def test_without_sets_no_key_is_asked_for() -> None:
    """A log without factor sets estimates nothing, so it asks nothing."""
    assert faults(supply("superalloy", "1 KGM"), supply("steel", "1 KGM", unknown=True), sets=()) == []


def test_the_record_keeps_the_word() -> None:
    stated = supply("superalloy", "1 KGM", unknown=True)
    assert canonical.encode(stated) == (
        b'{"material":"superalloy","quantity":{"unit":"KGM","value":"1"},"unknown":true}')
    assert msgspec.json.decode(canonical.encode(stated), type=Supply) == stated
    assert b"unknown" not in canonical.encode(replace(stated, unknown=False))


NEWER = factor_sets.version(
    "2", factor_sets.ROWS | {"superalloy/cradleToGate/*/2025": "CO2e 20"},
    ["superalloy,material,KGM,Superalloy,高温合金,,,,,,metals"])
UNKNOWN = supply("superalloy", "1 KGM", unknown=True)


@pytest.fixture
def works() -> Works:
    """The first version is in force, and the newer one is installed."""
    memory = MemoryLedger(factor_sets.registry(SET, NEWER))
    memory.activate(SET.name, SET.version, SET.digest, 1)
    return Works(memory)


def update(works: Works) -> None:
    works.ledger.activate(NEWER.name, NEWER.version, NEWER.digest, 1)


def post(works: Works, kind: type, **fields: Any) -> Verdict:
    """The answer of the ledger to a record as it stands."""
    (answer,) = works.ledger.post([(works.party, kind(issuer=works.id, nonce=works.ledger.nonce(), **fields))])
    return answer


def run(works: Works, lot: str, *supplies: Supply, **fields: Any) -> Verdict:
    """100 kg of metal out of as much ore."""
    return post(works, Transformation, **{
        "facility": works.facility, "start": day(1), "end": day(2), "process": MAKE, "activity": raw(Make()),
        "outputs": works.outputs({lot: "100"}), "supplies": [ore("100 KGM"), *supplies], **fields})


def amended(works: Works, entry: Sequenced, *supplies: Supply, **fields: Any) -> Verdict:
    return post(works, Amendment, reason="another reading", **{
        "changes": [change(entry, supplies=[ore("100 KGM"), *supplies])], **fields})


def refused(answer: Verdict) -> list[tuple[str | None, str | None]]:
    assert isinstance(answer, LedgerError), answer
    return [(one.code, one.field) for one in answer.parts or (answer,)]


def admitted(answer: Verdict) -> Sequenced:
    assert isinstance(answer, Sequenced), answer
    return answer


def left_out(works: Works, entry: Sequenced) -> list[tuple[str, float]]:
    leaf = works.ledger.assessment(entry.index)
    assert leaf is not None
    assessment = msgspec.json.decode(leaf.assessment, type=Assessment)
    return [(one.what, float(one.estimate or 0)) for one in assessment.omissions]


def test_posting_refuses_what_nobody_knows(works: Works) -> None:
    answer = run(works, "a", supply("superalloy", "1 KGM"), supply("steel", "1 KGM", unknown=True))
    assert refused(answer) == [("unknown-supply", "supplies[1].material"), ("known-supply", "supplies[2].unknown")]


def test_with_the_word_the_estimate_is_as_before(works: Works) -> None:
    """1 kg of a superalloy is left out at the 90th percentile of metals, the 5 of zinc."""
    assert left_out(works, admitted(run(works, "a", UNKNOWN))) == [("superalloy", 5.0)]


def test_transport_and_packaging_say_so_too(works: Works) -> None:
    admitted(run(works, "a"))
    other = Works(works.ledger, "other")
    answer = post(
        works, Transfer, lot=works.name("a"), quantity=quantity("1 KGM"), to=other.id, new_lot=works.name("sent"),
        time=day(5), transport=[supply("qHaul", "1 TKM")], packaging=[supply("qBox", "1 KGM")])
    assert refused(answer) == [
        ("unknown-supply", "transport[0].material"), ("unknown-supply", "packaging[0].material")]


@pytest.mark.parametrize("spread", [None, "mass"])
def test_totals_and_overheads_of_a_closing_say_so_too(works: Works, spread: str | None) -> None:
    admitted(run(works, "a", basis="provisional"))
    stated = [supply("superalloy", "3 KGM"), supply("steel", "2 KGM", unknown=True)]
    answer = post(works, Closing, facility=works.facility, start=MARCH[0], end=MARCH[1], measured=stated,
                  overheads=stated, spread_overheads=spread)
    assert refused(answer) == [
        ("unknown-supply", "overheads[0].material"), ("known-supply", "overheads[1].unknown"),
        ("unknown-supply", "measured[0].material"), ("known-supply", "measured[1].unknown"),
    ]


def test_a_closing_goes_by_its_own_sets(works: Works) -> None:
    """A set learns the key between a provisional record and the closing of its period: the closing states the key as it
    is known then, and the record keeps the sets of its own time. It has estimates of its kilogram and of its share."""
    entry = admitted(run(works, "a", UNKNOWN, basis="provisional"))
    update(works)
    period = {"facility": works.facility, "start": MARCH[0], "end": MARCH[1]}
    assert refused(post(works, Closing, **period, measured=[supply("superalloy", "3 KGM", unknown=True)])) == [
        ("known-supply", "measured[0].unknown")]
    admitted(post(works, Closing, **period, measured=[supply("superalloy", "3 KGM")]))
    assert left_out(works, entry) == [("superalloy", 5.0), ("superalloy", 10.0)]


def test_an_amendment_asks_for_the_supplies_that_it_changes(works: Works) -> None:
    entry = admitted(run(works, "a", UNKNOWN))
    assert refused(amended(works, entry, UNKNOWN, supply("unheardOf", "1 KGM"))) == [
        ("unknown-supply", "changes[0].fields.supplies[2].material")]
    assert refused(amended(works, entry, UNKNOWN, supply("steel", "1 KGM", unknown=True))) == [
        ("known-supply", "changes[0].fields.supplies[2].unknown")]
    admitted(amended(works, entry, UNKNOWN, supply("unheardOf", "1 KGM", unknown=True)))


def test_an_amendment_goes_by_the_sets_of_its_record(works: Works) -> None:
    """Its own, unless it asks for the newest ones."""
    entry = admitted(run(works, "a", UNKNOWN))
    update(works)
    admitted(amended(works, entry, supply("superalloy", "2 KGM", unknown=True)))
    assert left_out(works, entry) == [("superalloy", 10.0)]
    again = supply("superalloy", "3 KGM", unknown=True)
    assert refused(amended(works, entry, again, versions="newest")) == [
        ("known-supply", "changes[0].fields.supplies[1].unknown")]
    admitted(amended(works, entry, supply("superalloy", "3 KGM"), versions="newest"))
    assert left_out(works, entry) == []
    assert works.co2("a") == 60.0
