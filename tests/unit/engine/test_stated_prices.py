"""Prices that a record states itself, under revision: a record keeps the rules of its own index."""

from support import factor_sets
from support.memory import MemoryLedger
from support.site import ore, supply
from unit.engine.works import GHG, Works, change, refused

from ledger.core.record.values import Factor, Supply


def works_before_rules() -> Works:
    return Works(MemoryLedger(factor_sets.registry()))


def steel(value: str) -> Supply:
    return supply("steel", "1 KGM", factor=Factor(
        value=value, unit="KGM", source="supplier", year=2025, boundary="cradleToGate"))


def test_an_amendment_follows_the_rules_of_its_record() -> None:
    """A factor below zero stays possible in a record of earlier rules, and only there."""
    works = works_before_rules()
    early = works.mine("a", "100")
    works.ledger.activate_sets()
    late = works.mine("b", "100")
    works.amend(change(early, supplies=[ore("100 KGM"), steel("-5")]))
    assert works.co2("a") == -5.0
    refused(works, lambda: works.amend(change(late, supplies=[ore("100 KGM"), steel("-5")])), "factor-sign",
            "supplies[1].factor.value", "-5")


def test_an_amended_declaration_follows_its_rules() -> None:
    works = works_before_rules()
    early = works.declared(works.out("a", "metal", "10 KGM"), burdens={GHG: "3"})
    works.ledger.activate_sets()
    late = works.declared(works.out("b", "metal", "10 KGM"), burdens={GHG: "3"})
    works.amend(change(early, burdens={}))
    refused(works, lambda: works.amend(change(late, burdens={})), "no-emissions", "burdens")
    refused(works, lambda: works.amend(change(late, burdens={GHG: "3", "technologicalCO2Removals": "-1"})),
            "removal-evidence", "burdens.technologicalCO2Removals", "-1")

