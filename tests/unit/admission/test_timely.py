"""No record is about a time after tomorrow, once the rule is in force."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.memory import MemoryLedger
from support.sectors import registry
from support.site import Site

from ledger.admission.rules import NEWEST, RULES
from ledger.core.record.kinds import Activation, Declaration, Transfer
from ledger.core.record.values import Quantity
from ledger.errors import Refused


@pytest.fixture
def ledger() -> MemoryLedger:
    memory = MemoryLedger(registry())
    memory.must((memory.registrar, Activation(
        issuer=memory.registrar.id, nonce=memory.nonce(), plugin=RULES, version=NEWEST.name, digest=NEWEST.digest)))
    return memory


def instant(ledger: MemoryLedger, **later: float) -> str:
    """A time as much later than the next entry."""
    now = datetime.fromtimestamp(ledger.state.time / 1000, UTC).replace(microsecond=0)
    return (now + timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%SZ")


def declare(site: Site, end: str) -> None:
    site.ledger.must((site.party, Declaration(
        issuer=site.id, nonce=site.ledger.nonce(), start="2029-03-01T00:00:00Z", end=end, basis="study",
        boundary="cradleToGate", burdens={"fossilGhgEmissions": "1"}, lot=site.out(f"lot-{end}", "good", "1 KGM"))))


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
    assert "one day after now" in (error.rule or "")


def test_so_is_a_later_transfer(ledger: MemoryLedger) -> None:
    site, buyer = Site(ledger, "mill"), Site(ledger, "buyer")
    site.product("good")
    declare(site, "2029-04-01T00:00:00Z")
    lot = site.name("lot-2029-04-01T00:00:00Z")
    fields: dict[str, Any] = {"to": buyer.id, "lot": lot, "new_lot": site.name("sold"),
                              "quantity": Quantity(value="1", unit="KGM")}
    with pytest.raises(Refused) as caught:
        ledger.must((site.party, Transfer(
            issuer=site.id, nonce=ledger.nonce(), time=instant(ledger, days=3), **fields)))
    assert (caught.value.code, caught.value.field) == ("future-instant", "time")


def test_logs_of_earlier_rules_admit_it() -> None:
    site = Site(MemoryLedger(registry()), "mill")
    site.product("good")
    declare(site, "2035-01-01T00:00:00Z")
