"""A service cannot vanish with its burdens."""

from typing import Any

import pytest
from support import factor_sets
from support.memory import MemoryLedger
from support.raising import raised
from support.sectors import Make
from support.site import Site

from ledger.errors import Refused


def haulier(memory: MemoryLedger) -> Site:
    """With 10 tkm, 10 hours and 10 kWh."""
    site = Site(memory, "haulier")
    for lot, unit in (("freight", "TKM"), ("washing", "HUR"), ("power", "KWH")):
        site.product(f"product:{lot}", unit)
        site.make([site.out(lot, f"product:{lot}", f"10 {unit}", share="1")], activity=Make(co2="5"),
                  allocation="declared")
    return site


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(factor_sets.registry())


@pytest.mark.parametrize("lot", ["freight", "washing"])
@pytest.mark.parametrize("purpose", ["loss", "disposed", "stockCorrection"])
def test_it_is_not_lost(ledger: MemoryLedger, lot: str, purpose: Any) -> None:
    ledger.activate_sets()
    site = haulier(ledger)
    unit = {"freight": "TKM", "washing": "HUR"}[lot]
    error = raised(Refused, site.consume, {lot: f"4 {unit}"}, purpose=purpose)
    assert (error.code, error.field, error.value) == ("service-lost", "purpose", purpose)
    site.consume({lot: f"4 {unit}"}, purpose="ownUse")
    site.consume({lot: f"6 {unit}"}, purpose="soldOutside")


def test_power_may_be_lost(ledger: MemoryLedger) -> None:
    ledger.activate_sets()
    haulier(ledger).consume({"power": "5 KWH"}, purpose="loss")
