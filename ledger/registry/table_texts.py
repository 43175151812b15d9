"""The texts of a new sector that is made of tables. `ledger.registry.scaffold` fills in `$name` and the others."""

from typing import Final

from ledger.registry.scaffold_texts import GIVEN

README: Final = """\
# carbon-ledger-$name

$en ($zh): computes the emissions of this sector's processes. All of it is in tables; no route has code.

| route | process | product |
|---|---|---|
| `$name.making` | one step that melts or fires a charge | any |

| table | holds |
|---|---|
| `sector.csv` | the sector: name, version, tolerances |
| `processes.csv` | its routes, and the lots of fuel that they burn |
| `activity.csv` | the fields of an activity, with their possible values |
| `emissions.csv` | gases that raw materials give off |
| `ranges.csv` | usual and possible ratios, the inputs that lack below them, indicators |
| `needs.csv`, `nature.csv`, `indicators.csv` | as of any sector |
| `routes.csv`, `fields.csv` | texts for `schema`; no part of the digest; German (`de`, `name_de`) is optional |
| `examples.json` | an example of each route, for `template`; no part of the digest |

Adapt it: name your routes, state the source of each row, then run the tests.

    pip install -e '.[test]'      # then `carbon-ledger plugin list` shows it
    pytest                        # the conformance kit, and a case solved by hand
"""

PACKAGE: Final = '''\
"""Sector plugin `$name` of carbon-ledger. It is made of the tables in this package."""

from ledger.sdk import Sector, read_sector

__all__ = ["plugin"]


def plugin() -> Sector:
    """The sector `$name`."""
    return read_sector(__name__)
'''

SECTOR: Final = """\
name,version,en,zh,mass_tolerance,element_tolerance
$name,0.1.0,"$en","$zh",0.01,
"""

PROCESSES: Final = """\
route,en,zh,burns_lots
making,Making,生产,mineral
"""

ACTIVITY: Final = """\
route,field,kind,allowed,default,least,most,unshown,shown_by
making,purity,fraction,,1,0.5,1,0.9,analysis
"""

EMISSIONS: Final = """\
route,of,gas,factor,times,status,source
making,limestone,CO2,0.43971,purity,recalled,"IPCC 2006 Guidelines, volume 3, table 2.1: calcite, all of it calcined"
"""

RANGES: Final = """\
route,code,of,per,unit,low,high,least,most,lacks,emits,shown_by,indicator,source
making,making-energy,energy,products,3B/TNE,500,10000,,50000,naturalGas,,,energyPerTonne,"usual value, unverified"
making,material-yield,products,matter,KGM/KGM,0.5,1,,1.01,,,,materialYield,"no more product than the mass that went in"
"""

NEEDS: Final = """\
route,any_of,priced_as,usual,unit,per,least,source
making,electricity;heat;fuel,naturalGas,0.03,NM3,KGM,0.2,"1.1 GJ per t; usual value, unverified"
"""

NATURE: Final = """\
route,group,most,source
making,stone,,flux of a quarry of the works; unverified
"""

INDICATORS: Final = """\
key,unit,en,zh
materialYield,KGM/KGM,Material yield,材料利用率
energyPerTonne,3B/TNE,Energy per tonne of product,单位产品能耗
"""

ROUTES: Final = """\
key,en,zh,words
making,"One step heats a charge, with a flux that releases its carbon dioxide",\
物料加热并加入熔剂，熔剂分解放出二氧化碳,furnace;熔炼
"""

FIELDS: Final = """\
of,field,en,zh,unit,example
Making,purity,"Carbonate in the flux, mass fraction; below 0.9 an analysis shows it; 1 if absent",\
熔剂中碳酸盐的质量分数；低于 0.9 须有分析文件；不填按 1 计,,0.97
"""

TEST: Final = GIVEN + '''\
def test_it_conforms() -> None:
    assert_conforms(plugin(), [Case(context=GIVEN, activity={"purity": "0.95"})])


def test_a_batch_by_hand() -> None:
    """500 kWh * 0.5849 (Shanghai, 2022) + 10 Nm3 * 38.931 MJ * 0.0153 kg C/MJ * 0.99 * 44/12 + 95 kg * 0.43971."""
    made = run(plugin(), GIVEN, {"purity": "0.95"})
    assert made.footprint == pytest.approx(292.45 + 21.621888 + 41.77245)
    assert float(made.assessment.indicators["materialYield"]) == pytest.approx(0.85)


def test_impossible_values_are_refused() -> None:
    with pytest.raises(PluginError, match=r"activity\\.purity is 0\\.4"):
        run(plugin(), GIVEN, {"purity": "0.4"})
    too_much = context("$name.making", inputs=(lot("900 KGM"),), outputs=(output("950 KGM"),))
    assert run(plugin(), too_much).findings["material-yield-impossible"]
'''
