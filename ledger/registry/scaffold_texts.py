"""The texts of a new plugin. `ledger.registry.scaffold` fills in `$name` and the other placeholders."""

from typing import Final

PYPROJECT: Final = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "carbon-ledger-$name"
version = "0.1.0"
description = "$en: a sector for carbon-ledger"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["carbon-ledger>=0.1"]

[project.optional-dependencies]
test = ["pytest>=8"]

[project.entry-points."carbon_ledger.plugins"]
$name = "$package:plugin"

[tool.setuptools]
packages = ["$package"]
include-package-data = false

[tool.setuptools.package-data]
$package = ["*.csv", "*.json", "py.typed"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
"""

README: Final = """\
# carbon-ledger-$name

$en ($zh): computes the emissions of this sector's processes, and follows their material into the outputs.

| route | process | product |
|---|---|---|
| `$name.making` | one step that melts or fires a charge | any |

The plugin prices these supplies: `electricity`, `heat`, `steam`, every standard fuel, `limestone` (by `factors.csv`).
Any other supply without a declaration or factor is an omission. The plugin refuses more product than the mass
that went in.

Adapt it: describe your process in `making.py`, cite the standard in the docstring of each formula, and name the source
of each factor in `factors.csv`. `status` is `read` if you have read the source, else `recalled`.

    pip install -e '.[test]'      # then `carbon-ledger plugin list` shows it
    pytest                        # the conformance kit, and a case solved by hand
"""

PACKAGE: Final = '''\
"""Sector plugin `$name` of carbon-ledger."""

from $package.sector import plugin

__all__ = ["plugin"]
'''

SECTOR: Final = '''\
"""The sector: its routes and indicators, with their names."""

from decimal import Decimal

from $package import making
from ledger.sdk import Indicator, Route, Sector


def plugin() -> Sector:
    """The sector `$name`. Outputs may outweigh inputs and supplies by 1 %, the accuracy of the scales."""
    return Sector(
        name="$name", version="0.1.0", en="$en", zh="$zh", mass_tolerance=Decimal("0.01"),
        indicators={
            "materialYield": Indicator(unit="KGM/KGM", en="Material yield", zh="材料利用率"),
            "energyPerTonne": Indicator(unit="3B/TNE", en="Energy per tonne of product", zh="单位产品能耗"),
        },
        routes={"making": Route(activity=making.Making, assess=making.assess, en="Making", zh="生产")},
    )
'''

ROUTE: Final = '''\
"""One step heats a charge, with a flux that releases its carbon dioxide."""

from decimal import Decimal
from typing import Final

from ledger.sdk import (
    Activity,
    Assessment,
    Context,
    Draft,
    FactorTable,
    Fraction,
    book_energy,
    follow_composition,
    invalid_activity,
    matter_in,
    read_factors,
)

# Above this fraction, other material than scrap left the process without being weighed.
MOST_REJECTED: Final = Decimal("0.5")
WEIGHING: Final = Decimal("0.01")


class Making(Activity, frozen=True, kw_only=True):
    """How a batch was made. All fields are optional.

    Supplies: `electricity`, `heat`, `steam`, standard fuels, `limestone`; the core handles all others.
    `rejected`: the fraction of the products that failed inspection.
    `renewable_share`: the renewable fraction of the electricity that comes as lots.
    """

    rejected: Fraction = "0"
    renewable_share: Fraction = "0"


def factors() -> FactorTable:
    """The sector's factors: kg CO2 per kg."""
    return read_factors("$package", "factors.csv", "$name")


def assess(context: Context, activity: Making) -> Assessment:
    """E = fuels + purchased power and heat + mass of limestone * factor (GB/T 32150, 5.2). Raises PluginError for an
    impossible activity."""
    if Decimal(activity.rejected) > MOST_REJECTED:
        raise invalid_activity("rejected", activity.rejected, f"at most {MOST_REJECTED}")
    draft = Draft(context)
    book_energy(draft, context, renewable_share=Decimal(activity.renewable_share))
    for supply in context.supplied("limestone"):
        draft.price("limestone", supply.amount("KGM"), factors().find("limestone"), kind="onSite", supply=supply)
        if not supply.priced:
            draft.omit("limestone upstream")
    follow_composition(draft, context)
    _indicate(draft, context)
    return draft.assessment()


def _indicate(draft: Draft, context: Context) -> None:
    came, made = matter_in(context), context.mass_out("product", "coProduct", "byProduct")
    if made > came * (1 + WEIGHING):
        draft.find("material-yield", f"{made:f} kg of products out of {came:f} kg", refuses=True)
    if came > 0 and made > 0:
        draft.indicate("materialYield", made / came)
        draft.indicate("energyPerTonne", draft.megajoules / made * 1000)
'''

FACTORS: Final = """\
key,place,year,value,unit,gas,boundary,status,source
limestone,*,2006,0.43971,KGM,CO2,process,recalled,"IPCC 2006 Guidelines, volume 3, table 2.1: calcite, all calcined"
"""

GIVEN: Final = '''\
"""The conformance kit, and a case solved by hand."""

import pytest
from $package import plugin

from ledger.errors import PluginError
from ledger.sdk.testing import context, lot, output, run, supply
from ledger.sdk.testing.conformance import Case, assert_conforms

GIVEN = context(
    "$name.making",
    inputs=(lot("900 KGM", materials={"metal": "1"}),),
    supplies=(supply("electricity", "500 KWH"), supply("naturalGas", "10 NM3"), supply("limestone", "100 KGM")),
    outputs=(output("850 KGM", materials={"metal": "1"}), output("40 KGM", "waste", origin="preConsumer")),
    place="CN-SH", year=2022,
)


'''
"""The beginning of the tests of a sector, with the record that they assess."""

TEST: Final = GIVEN + '''\
def test_it_conforms() -> None:
    assert_conforms(plugin(), [Case(context=GIVEN, activity={"rejected": "0.05"})])


def test_a_batch_by_hand() -> None:
    """500 kWh * 0.5849 (Shanghai, 2022) + 10 Nm3 * 38.931 MJ * 0.0153 kg C/MJ * 0.99 * 44/12 + 100 kg * 0.43971."""
    made = run(plugin(), GIVEN)
    assert made.footprint == pytest.approx(292.45 + 21.621888 + 43.971)
    assert float(made.assessment.indicators["materialYield"]) == pytest.approx(0.85)
    assert [omission.what for omission in made.assessment.omissions] == [
        "electricity upstream", "naturalGas upstream", "limestone upstream",
    ]


def test_impossible_values_are_refused() -> None:
    with pytest.raises(PluginError, match=r"activity\\.rejected is 0\\.6"):
        run(plugin(), GIVEN, {"rejected": "0.6"})
    too_much = context("$name.making", inputs=(lot("900 KGM"),), outputs=(output("950 KGM"),))
    assert run(plugin(), too_much).findings == {"material-yield": True}
'''

EXAMPLES: Final = """\
{
  "making": [
    {"type": "facility", "id": "urn:example:foundry:site", "country": "CN", "subdivision": "CN-SH"},
    {"type": "product", "id": "urn:example:foundry:product", "sector": "$name", "unit": "TNE",
     "materials": {"glass": "1"}},
    {"type": "transformation", "facility": "urn:example:foundry:site", "start": "2026-02-01T00:00:00Z",
     "end": "2026-03-01T00:00:00Z", "process": "$name.making", "activity": {},
     "supplies": [{"material": "glassCullet", "quantity": {"value": "90", "unit": "TNE"}},
                  {"material": "limestone", "quantity": {"value": "5", "unit": "TNE"}},
                  {"material": "naturalGas", "quantity": {"value": "5000", "unit": "NM3"},
                   "mass": {"value": "3600", "unit": "KGM"}},
                  {"material": "electricity", "quantity": {"value": "10000", "unit": "KWH"}}],
     "outputs": [{"lot": "urn:example:foundry:lot", "product": "urn:example:foundry:product",
                  "quantity": {"value": "85", "unit": "TNE"}, "role": "product"}]}
  ]
}
"""
