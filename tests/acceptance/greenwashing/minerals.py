"""Attempts of cement works."""

from typing import Any

from acceptance.greenwashing.lie import Lie
from support.market import Company, Market, document, evidence, nature, supply


def _kiln(market: Market, *, heat: str | None = None, **activity: Any) -> Company:
    """A thousand tonnes of clinker on coal."""
    kiln = market.company("kiln", "CN", "CN-AH").products("building-materials", clinker="clinker")
    kiln.product("heat", "building-materials", "GV")
    market.begin_to_lie()
    kiln.run(
        "building-materials.clinker",
        [kiln.out("clinker", "1000 TNE"), *([kiln.out("heat", heat, "coProduct")] if heat else [])],
        [nature("limestone", "1400 TNE"), supply("clay", "180 TNE"), supply("bituminous", "140 TNE"),
         supply("electricity", "70 MWH")],
        activity={"calciumOxide": "0.65", "magnesiumOxide": "0.015", **activity},
    )
    return kiln


def clinker_washed_twice(market: Market) -> Lie:
    """Clinker that has passed the capture plant comes back to it, and the same gas is captured again."""
    kiln = _kiln(market)
    for clean, source in (("clean", "clinker"), ("cleaner", "clean")):
        kiln.products("building-materials", **{clean: "clinker"})
        kiln.run(
            "building-materials.carbonCapture", [kiln.out(clean, "1000 TNE")],
            [supply("kilnGas", "870 TNE"), supply("heat", "2200 GV"), supply("electricity", "90 MWH")],
            {source: "1000 TNE"},
            {"captured": {"value": "780", "unit": "TNE"}, "stored": {"value": "780", "unit": "TNE"},
             "storageEvidence": [document("storage")]}, evidence=[evidence("storage")],
        )
    return Lie(kiln, "cleaner", 780_000)
