"""The supplies that an unknown name may mean."""

import pytest
from support.factor_tables import supply, version

from ledger.core.record.values import Quantity, Supply
from ledger.engine.pricing.keys_and_rows import key_faults
from ledger.errors import Refused
from ledger.registry.supply_names import propose, supplies_like

SETS = [version([
    supply("straw", en="Straw", synonyms="grass"), supply("flatGlass", en="Flat glass", synonyms="glas"),
    supply("gasket", en="Gasket"), supply("landfillGas", en="Landfill gas"),
    supply("naturalGas", kind="fuel", en="Natural gas", synonyms="pipeline gas"),
    supply("propane", kind="fuel", en="Propane", synonyms="bottled gas"),
    supply("electricity", kind="electricity", en="Electricity", synonyms="power"),
    supply("powerElectronics", en="Power electronics"),
], [])]


@pytest.mark.parametrize(("name", "keys"), [
    ("gas", ["naturalGas", "landfillGas", "propane"]),  # not `glas` and `grass`, which have more letters in common
    ("naturalgas", ["naturalGas"]),
    ("natralGas", ["naturalGas"]),
    ("power", ["electricity", "powerElectronics"]),
    ("gaskte", ["gasket"]),
    ("xyz", []),
])
def test_the_supplies_that_a_name_may_mean(name: str, keys: list[str]) -> None:
    """Misspelt keys come first, then names with that word, then similar ones."""
    found = supplies_like(SETS, name)
    assert found[:len(keys)] == keys
    assert len(found) <= 3
    assert bool(found) == bool(keys)


GERMAN = version([
    supply("naturalGas", kind="fuel", en="Natural gas", zh="天然气", de="Erdgas;Gas"),
    supply("dieLubricant", en="die lubricant", zh="脱模剂", de="Formtrennmittel;Trennmittel"),
    supply("cement", en="cement", zh="水泥"), supply("portlandCement", en="Portland cement", zh="硅酸盐水泥"),
], [])


@pytest.mark.parametrize(("name", "key", "means"), [
    ("Erdgas", "naturalGas", True), ("erd-gas", "naturalGas", True), ("naturlGas", "naturalGas", True),
    ("天然气", "naturalGas", True), ("Trennmittel", "dieLubricant", True), ("cemnt", "cement", True),
    ("portlandcemnt", "portlandCement", True), ("whiteCement", "cement", False), ("marmalade", None, False),
])
def test_an_unknown_key_is_refused_with_the_nearest_names_in_each_language(
    name: str, key: str | None, means: bool,
) -> None:
    (fault,) = key_faults([("supplies[1]", Supply(material=name, quantity=Quantity(value="1", unit="KGM")))], [GERMAN])
    propose(fault, [GERMAN])
    assert len(fault.allowed) == 3
    assert key is None or fault.allowed[0] == key
    assert fault.mend == (({"op": "replace", "path": "/supplies/1/material", "value": key},) if means else ())
    if key == "naturalGas":
        assert "nearest: naturalGas (Natural gas / 天然气 / Erdgas), " in fault.message
    if key == "cement":
        assert "cement (cement / 水泥)" in fault.message


def test_an_estimate_that_the_record_asked_for_has_no_proposal() -> None:
    """Only unknown keys get one, and each only once."""
    fault = Refused("no", code="known-supply", value="steel")
    propose(fault, [GERMAN])
    assert (fault.message, fault.allowed) == ("no", ())
