"""An unknown name of a supply: misspelt keys come first, then names with that word, then similar ones."""

import pytest
from support.factor_tables import supply, version

from ledger.registry.supply_names import supplies_like

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
    ("xyz", []),
])
def test_the_supplies_that_a_name_may_mean(name: str, keys: list[str]) -> None:
    found = supplies_like(SETS, name)
    assert found[:len(keys)] == keys
    assert len(found) <= 3
    assert bool(found) == bool(keys)
