"""No record is about a time after tomorrow."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from msgspec import Raw
from support.memory import MemoryLedger
from support.parties import party
from support.raising import raised
from support.sectors import registry
from support.site import Site, quantity

from ledger.admission.checks.times import check_timely
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
from ledger.core.record.values import Flow, Money, Quantity
from ledger.errors import Refused


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
