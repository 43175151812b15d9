"""Captures that declarations state: what plants of a material can reach."""

from typing import Final

import msgspec
import pytest
from support.market import evidence
from support.memory import MemoryLedger
from support.sectors import open_set, registry
from support.site import Site

from ledger.core.outcome.assessment import QUESTIONED, Assessment
from ledger.engine.bounds.carbon.captured import ABOVE_ROUTE
from ledger.engine.sectors import Registry

STEEL: Final = "2340"
"""Kg CO2e of a tonne by default."""


def declared(material: str, fossil: str, captured: str) -> tuple[float, float | None]:
    """What a tonne is questioned by, and the amount of the finding."""
    memory = MemoryLedger(Registry(list(registry().sectors.values()), [open_set()]))
    memory.activate_sets()
    site = Site(memory, "mill")
    site.product("good", materials={material: "1"})
    entry = site.declare(
        lot=site.out("lot", "good", "1000 KGM"), burdens={
            "fossilGhgEmissions": fossil, "ccsTechnologicalCO2Capture": captured},
        evidence=[evidence("productFootprint"), evidence("storageCertificate")])
    leaf = memory.assessment(entry.index)
    assert leaf is not None
    findings = msgspec.json.decode(leaf.assessment, type=Assessment).findings
    amounts = [float(one.amount or 0) for one in findings if one.code == ABOVE_ROUTE]
    return memory.burdens(site.name("lot"))[QUESTIONED], amounts[0] if amounts else None


@pytest.mark.parametrize(("material", "fossil", "captured"), [
    ("steel", STEEL, "-1287"), ("steel", "3000", "-1650"), ("clinker", "900", "-850"), ("cement", "735", "-400"),
    ("ammonia", "2440", "-2000"), ("aluminium", "15800", "-1500"), ("machine", "4000", "-600"), ("steel", STEEL, "0"),
])
def test_a_capture_that_plants_reach(material: str, fossil: str, captured: str) -> None:
    """A mill with capture at furnace and power plant, an oxyfuel kiln, blue ammonia, a machine of captured steel."""
    assert declared(material, fossil, captured)[1] is None


@pytest.mark.parametrize(("material", "fossil", "captured"), [
    ("steel", STEEL, "-1288"), ("steel", STEEL, "-1900"), ("aluminium", "15800", "-3000"), ("machine", "4000", "-2000"),
])
def test_a_larger_capture_is_not_believed_at_all(material: str, fossil: str, captured: str) -> None:
    questioned, amount = declared(material, fossil, captured)
    assert amount == -float(captured)
    assert questioned == pytest.approx(-float(captured), rel=0.2)
