"""The logistics sector keeps what every sector has to keep: a case of each route through the conformance kit."""

from typing import Any

from carbon_ledger_logistics import plugin

from ledger.sdk.testing import context, output, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

LOT, OTHER = "urn:example:lot:a", "urn:example:lot:b"


def haul(times: int) -> dict[str, Any]:
    """15 t over 830 km, in a lorry of 25 t that comes back empty for a part of the way; so many lorries."""
    return {
        "mode": "road", "capacity": {"value": str(25 * times), "unit": "TNE"},
        "consignments": [{"lot": LOT, "mass": {"value": str(15 * times), "unit": "TNE"},
                          "distance": {"value": "830", "unit": "KMT"}}],
        "loadedDistance": {"value": "830", "unit": "KMT"}, "emptyDistance": {"value": "170", "unit": "KMT"},
    }


def hub(times: int) -> dict[str, Any]:
    return {"intensity": "hubTranshipment", "handled": [
        {"lot": LOT, "mass": {"value": str(600 * times), "unit": "TNE"}},
        {"lot": OTHER, "mass": {"value": str(200 * times), "unit": "TNE"}},
    ]}


CASES = [
    Case(context=context("logistics.transport", supplies=(supply("diesel", "252 KGM"),),
                         outputs=(output("12450 TKM", lot=LOT),)), activity=haul(1), twice=haul(2)),
    Case(context=context("logistics.hub", outputs=(output("600 C62", lot=LOT), output("12 C62", lot=OTHER))),
         activity=hub(1), twice=hub(2)),
]


def test_conforms() -> None:
    assert_conforms(plugin(), CASES)
