"""When lots were made, and since when their owner has them: as first stated, and only by the newest rules."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.parties import party
from support.raising import raised
from support.sectors import registry
from support.site import Site, quantity
from unit.admission.test_pools import WEIGHED, add, pool
from unit.admission.world import (
    FORGE,
    MILL,
    World,
    acceptance,
    burdened,
    consumption,
    declaration,
    flow,
    output,
    trading,
    transfer,
    transformation,
)

from ledger.admission.checks.times import check_timely
from ledger.admission.plan import plan
from ledger.core.record.kinds import (
    AnyRecord,
    Attestation,
    Closing,
    Consumption,
    Declaration,
    Report,
    Subject,
    Transfer,
)
from ledger.core.record.revisions import Amendment, Change
from ledger.core.record.values import Attribute, Evidence, Flow, Money, PreviousLife, Quantity
from ledger.errors import Refused

MARCH: Final[Any] = {"start": "2024-03-01T00:00:00Z", "end": "2024-04-01T00:00:00Z"}
LATER: Final = "2025-01-01T00:00:00Z"
MAY: Final = "2024-05-10T00:00:00Z"
INVOICE: Final = Evidence(digest="1" * 64, media_type="application/pdf", kind="purchaseInvoice")
DAMAGED: Final = Evidence(digest="2" * 64, media_type="application/pdf", kind="damageReport")


@pytest.fixture
def dated() -> World:
    """`trading`, by the newest rules, with 10 t of bars made in March 2024."""
    world = trading()
    world.admit(transformation([output("bar", "10")], **MARCH))
    return world


def dates(world: World, lot: str, of: Any = MILL) -> tuple[str | None, str | None]:
    facts = world.lot(lot, of)
    return facts.made, facts.since


def test_a_lot_is_made_in_its_period_and_owned_since_its_end(dated: World) -> None:
    dated.admit(burdened(output("cheap", "1"), "10", evidence=[INVOICE], **MARCH))
    assert dates(dated, "bar") == dates(dated, "cheap") == (MARCH["start"], MARCH["end"])


@pytest.mark.parametrize(("start", "end", "made"), [
    ("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2023-01-01T00:00:00Z"),
    ("2020-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "2023-01-01T00:00:00Z"),
    ("2020-01-01T00:00:00Z", "2024-02-29T12:00:00Z", "2023-02-28T12:00:00Z"),
])
def test_a_long_period_makes_no_lot_older_than_a_year(dated: World, start: str, end: str, made: str) -> None:
    dated.admit(burdened(output("old", "1"), "10", start=start, end=end, evidence=[INVOICE]))
    assert dates(dated, "old") == (made, end)


def test_goods_that_their_owner_declares_have_no_time_of_ownership(dated: World) -> None:
    """Nor has a pool with such a part. A sale dates them."""
    shown = burdened(output("shown", "1"), "10", evidence=[INVOICE], **MARCH)
    dated.admit(pool(), burdened(output("said", "2"), "10", **MARCH), shown)
    assert dates(dated, "said") == (MARCH["start"], None)
    dated.admit(transfer("said", "1", "sold", time=MAY), add({"said": "1", "shown": "1"}))
    assert (dates(dated, "sold"), dates(dated, "heap:1")) == ((MARCH["start"], MAY), (MARCH["start"], None))


@pytest.mark.parametrize(("papers", "since"), [([INVOICE], "2016-01-01T00:00:00Z"), ([DAMAGED], None), ([], None)])
def test_opening_stock_is_as_old_as_its_period_by_a_document(
    dated: World, papers: list[Evidence], since: str | None
) -> None:
    dated.admit(burdened(output("old", "1"), "10", basis="opening", facility=MILL.name("site"), evidence=papers,
                         start="2016-01-01T00:00:00Z", end="2024-01-01T00:00:00Z"))
    assert dates(dated, "old") == ("2023-01-01T00:00:00Z", since)


def test_a_sale_makes_a_new_owner(dated: World) -> None:
    dated.admit(transfer("bar", "2", "sold", time=MAY))
    assert dates(dated, "sold") == (MARCH["start"], MAY)


def test_nobody_buys_what_is_not_made_yet(dated: World) -> None:
    dated.admit(transfer("bar", "2", "sold", time="2019-01-01T00:00:00Z"))
    assert dates(dated, "sold") == (MARCH["start"], MARCH["start"])


@pytest.mark.parametrize("purpose", ["custody", "storage"])
def test_custody_storage_and_return_change_no_owner(dated: World, purpose: str) -> None:
    dated.admit(transfer("bar", "2", "away", purpose=purpose, time=MAY),
                transfer("away", "2", "back", by=FORGE, of=MILL, to=MILL, purpose="return", time=LATER))
    assert dates(dated, "away") == dates(dated, "back", FORGE) == dates(dated, "bar")


def test_a_return_after_a_sale_makes_no_good_older(dated: World) -> None:
    dated.admit(transfer("bar", "2", "sold", time=MAY),
                transfer("sold", "2", "back", by=FORGE, of=MILL, to=MILL, purpose="return", time=LATER))
    assert dates(dated, "back", FORGE) == (MARCH["start"], MAY)


def test_so_does_a_shortage_that_goes_back(dated: World) -> None:
    sent = transfer("bar", "2", "sold", time=MAY)
    dated.admit(sent, acceptance(sent, "1", "rest"))
    assert dates(dated, "rest", FORGE) == (MARCH["start"], MAY)


def test_waste_and_cores_have_no_time_of_ownership(dated: World) -> None:
    dated.admit(consumption([flow("bar", "2")], [output("scrap", "1", "waste")], time=MAY, purpose="disposed",
                            evidence=[DAMAGED]))
    assert dates(dated, "scrap") == (MAY, None)
    core = output("core", "1 H87", "core", product="gear", previous_life=PreviousLife(estimated_years="9"))
    dated.admit(declaration(basis="collected", boundary="none", collector=MILL.id, evidence=WEIGHED, lot=core, **MARCH))
    assert dates(dated, "core") == (MARCH["start"], None)


def test_credits_and_attributes_have_a_validity_instead(dated: World) -> None:
    year = Attribute(carrier="electricity", technology="wind", start="2024-03-01T00:00:00Z",
                     end="2025-03-01T00:00:00Z")
    made = plan(transformation([
        output("power", "100 KWH", product="power"),
        output("green", "100 KWH", "attribute", product="power", attribute=year)], **MARCH), dated.state).created
    assert [(one.facts.made, one.facts.since) for one in made] == [(MARCH["start"], MARCH["end"]), (None, None)]


def test_a_pool_is_as_old_as_the_mean_of_its_parts(dated: World) -> None:
    """3 t and, four months later, 1 t: a quarter of 122 days after the first was made, and of 121 days of ownership."""
    dated.admit(
        pool(),
        burdened(output("old", "3"), "10", start="2023-12-01T00:00:00Z", end="2024-01-01T00:00:00Z",
                 evidence=[INVOICE]),
        burdened(output("new", "1"), "10", start="2024-04-01T00:00:00Z", end="2024-05-01T00:00:00Z",
                 evidence=[INVOICE]),
    )
    dated.admit(add({"old": "3"}), add({"new": "1"}))
    assert dates(dated, "heap:1") == ("2023-12-01T00:00:00Z", "2024-01-01T00:00:00Z")
    assert dates(dated, "heap:2") == ("2023-12-31T12:00:00Z", "2024-01-31T06:00:00Z")


# No record is about a time after tomorrow.


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(registry())


def instant(ledger: MemoryLedger, **later: float) -> str:
    """A time as much later than the next entry."""
    now = datetime.fromtimestamp(ledger.state.time / 1000, UTC).replace(microsecond=0)
    return (now + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def declare(site: Site, end: str) -> None:
    site.ledger.must((site.party, Declaration(
        issuer=site.id, nonce=site.ledger.nonce(), start="2029-03-01T00:00:00Z", end=end, basis="study",
        boundary="cradleToGate", burdens={"fossilGhgEmissions": "1"}, lot=site.out(f"lot-{end}", "good", "1 KGM"))))


def refusal(site: Site, record: AnyRecord) -> Refused:
    error = raised(Refused, site.ledger.must, (site.party, record))
    assert error.code == "future-instant"
    return error


def amendment(site: Site, **fields: Any) -> Amendment:
    """Of the last declaration."""
    changed = {name: Raw(msgspec.json.encode(value)) for name, value in fields.items()}
    posted = zip(site.ledger.records, site.ledger.digests, strict=True)
    *_, record = [digest for one, digest in posted if isinstance(one, Declaration)]
    return Amendment(issuer=site.id, nonce=site.ledger.nonce(), reason="a slip",
                     changes=[Change(record=record.hex(), fields=changed)])


@pytest.mark.parametrize("later", [{"days": -200}, {"hours": 0}, {"hours": 23}])
def test_the_past_and_tomorrow_are_admitted(ledger: MemoryLedger, later: dict[str, float]) -> None:
    site = Site(ledger, "mill")
    site.product("good")
    declare(site, instant(ledger, **later))


@pytest.mark.parametrize("later", [{"days": 2}, {"days": 400}])
def test_a_later_end_is_refused(ledger: MemoryLedger, later: dict[str, float]) -> None:
    site = Site(ledger, "mill")
    site.product("good")
    end = instant(ledger, **later)
    with pytest.raises(Refused) as caught:
        declare(site, end)
    error = caught.value
    assert (error.code, error.field, error.value) == ("future-instant", "end", end)
    assert "one day after the time of the entry" in (error.rule or "")


def test_so_is_a_later_transfer(ledger: MemoryLedger) -> None:
    site, buyer = Site(ledger, "mill"), Site(ledger, "buyer")
    site.product("good")
    declare(site, "2029-04-01T00:00:00Z")
    lot = site.name("lot-2029-04-01T00:00:00Z")
    fields: dict[str, Any] = {"to": buyer.id, "lot": lot, "new_lot": site.name("sold"),
                              "quantity": Quantity(value="1", unit="KGM")}
    error = raised(
        Refused, ledger.must,
        (site.party, Transfer(issuer=site.id, nonce=ledger.nonce(), time=instant(ledger, days=3), **fields)),
    )
    assert (error.code, error.field) == ("future-instant", "time")


def test_a_closing_and_a_report_wait_for_their_period(ledger: MemoryLedger) -> None:
    site = Site(ledger, "mill")
    start, end = instant(ledger, days=-20), instant(ledger, days=10)
    for record in (
        Closing(issuer=site.id, nonce=ledger.nonce(), facility=site.facility, start=start, end=end),
        Report(issuer=site.id, nonce=ledger.nonce(), start=start, end=end,
               value_added=Money(value="1", currency="CNY")),
    ):
        assert refusal(site, record).field == "end"


def test_validities_may_end_later(ledger: MemoryLedger) -> None:
    """Of an attestation, of an attribute and of the claim that uses it up: their own times have come."""
    site = Site(ledger, "mill")
    ledger.admit([auditor := party(0, "auditor")], roles=["auditor"])
    later, now = instant(ledger, days=300), instant(ledger)
    site.product("good")
    declare(site, now)
    ledger.must((auditor, Attestation(
        issuer=auditor.id, nonce=ledger.nonce(), subject=Subject(kind="lot", id=site.name(f"lot-{now}")),
        standard="ISO 14064-3", level="limited", opinion="unmodified", start="2029-03-01T00:00:00Z", end=now,
        valid_until=later)))
    claim: dict[str, Any] = {"start": now, "end": later, "facility": site.facility}
    for time in (now, later):
        consumption = Consumption(
            issuer=site.id, nonce=ledger.nonce(), inputs=[Flow(lot="urn:x", quantity=quantity("1 KWH"))], time=time,
            purpose="retired", **claim)
        if time == later:
            with pytest.raises(Refused, match=r"time: .* has not come yet"):
                check_timely(consumption, ledger.state.time)
        else:
            check_timely(consumption, ledger.state.time)


def test_no_amendment_states_a_later_time(ledger: MemoryLedger) -> None:
    site = Site(ledger, "mill")
    site.product("good")
    declare(site, "2029-04-01T00:00:00Z")
    error = refusal(site, amendment(site, end=instant(ledger, days=3)))
    assert (error.code, error.field) == ("future-instant", "changes[0].fields.end")
    ledger.must((site.party, amendment(site, end=instant(ledger))))
