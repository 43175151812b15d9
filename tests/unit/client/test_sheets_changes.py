"""The values by which a changed row of an import differs from its record."""

import msgspec

from ledger.client.sheets.signing import ChangedValue, changed_values


def test_each_value_that_differs_is_named_by_its_column() -> None:
    power = {"material": "electricity", "quantity": {"value": "30000", "unit": "KWH"}}
    old = {"process": "equipment.casting", "supplies": [power], "inputs": ["a", "b"], "heats": 1}
    less = {**power, "quantity": {"value": "13000", "unit": "KWH"}}
    new = {"process": "equipment.casting", "supplies": [less], "inputs": ["a"], "moulding": "shell"}
    assert changed_values(msgspec.json.encode(old), msgspec.json.encode(new)) == (
        ChangedValue("supplies.0.quantity.value", '"30000"', '"13000"'),
        ChangedValue("inputs", '["a","b"]', '["a"]'),
        ChangedValue("heats", "1", "nothing"),
        ChangedValue("moulding", "nothing", '"shell"'),
    )
    assert changed_values(msgspec.json.encode(old), msgspec.json.encode(old)) == ()
