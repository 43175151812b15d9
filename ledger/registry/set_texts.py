"""The texts of a new factor set. `ledger.registry.set_packages` fills in `$name` and the other placeholders."""

from typing import Final

SET_PYPROJECT: Final = """\
[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[project]
name = "carbon-ledger-$name"
version = "0.1.0"
description = "$en: emission factors for carbon-ledger"
readme = "README.md"
requires-python = ">=3.11"
dependencies = ["carbon-ledger>=0.1"]

[project.optional-dependencies]
test = ["pytest>=8"]

[project.entry-points."carbon_ledger.factors"]
$name = "$package:factor_set"

[tool.setuptools]
packages = ["$package"]
include-package-data = false

[tool.setuptools.package-data]
$package = ["*/*.csv", "*/digest.txt", "py.typed"]

[tool.pytest.ini_options]
testpaths = ["tests"]
pythonpath = ["."]
"""

SET_PACKAGE: Final = '''\
"""Factor set `$name` of carbon-ledger."""

from typing import Final

from ledger.sdk import FactorSet, read_factor_set

VERSIONS: Final = {
    "$version": "$folder",
}
"""The folder of each version, oldest first. A released version never changes: logs commit to its digest, and its folder
states it in `digest.txt`, so that other tables are refused."""


def factor_set() -> FactorSet:
    """The set with all its versions."""
    return read_factor_set("$name", __name__, VERSIONS, en="$en", zh="$zh")
'''

SET_README: Final = """\
# carbon-ledger-$name

$en ($zh): a factor set. Each folder of `$package` is a version of its data. `supplies*.csv` lists the supplies,
`factors*.csv` the amounts per unit, `sources*.csv` the publications; `plugins/README.md` of carbon-ledger explains the
columns.

    pip install -e '.[test]'                # then `carbon-ledger factors list` shows it
    pytest                                  # the conformance kit
    carbon-ledger plugin activate $name     # puts the newest version into force on a ledger, as its registrar

Servers keep the tables to themselves, since they may be licensed to you alone. If everybody may have them, give
`read_factor_set` the argument `shared=True`: then suppliers search the set at the server, and auditors recompute with
it.

Never change a version that a log has activated: records refer to its digest. `carbon-ledger factors import FILE.csv
... --name $name --version NEW --output .` checks new files and adds them as a version. It writes the digest to
`digest.txt` beside them, and from then on the package refuses other tables under that version.
"""

SET_TEST: Final = '''\
"""The conformance kit, on every version."""

from $package import factor_set

from ledger.sdk.testing import assert_set_conforms


def test_it_conforms() -> None:
    assert_set_conforms(factor_set())
'''

EXAMPLE_TEST: Final = '''\
"""The conformance kit, and the example's rows by hand."""

from decimal import Decimal

from $package import factor_set

from ledger.sdk.testing import assert_set_conforms


def test_it_conforms() -> None:
    assert_set_conforms(factor_set())


def test_the_rows_of_the_example() -> None:
    """Diesel: 74.1 kg CO2, 3 g CH4 and 0.6 g N2O per GJ, and 43 MJ per kg. Gravel: 7.79306 kg CO2e per tonne."""
    rows = factor_set().newest.rows
    diesel = dict(rows["diesel/combustion/*/2006"].gases)
    assert diesel["CO2"] == Decimal("74.1") * 43 / 1000
    assert diesel["CH4"] == Decimal("0.003") * 43 / 1000
    assert diesel["N2O"] == Decimal("0.0006") * 43 / 1000
    assert dict(rows["gravel/cradleToGate/GB/2025"].gases)["CO2e"] == Decimal("7.79306") / 1000
'''

EXAMPLE_SUPPLIES: Final = """\
key,kind,unit,en,zh,synonyms,aliases,density,heating_value,hs,class
diesel,fuel,KGM,diesel fuel,柴油,gas oil;heating oil,gasOil,830.7,43,,
gravel,material,KGM,gravel and crushed stone,砂石骨料,aggregate;crushed stone;碎石,,1450,,251710,
"""

EXAMPLE_FACTORS: Final = """\
key,boundary,place,year,gases,potentials,low,high,deviation,pedigree,status,source,locator,note
diesel,combustion,*,2006,CO2 3.1863;CH4 0.000129;N2O 0.0000258,,,,,2 2 4 3 2,read,ipcc-2006,\
"volume 2, tables 1.2, 1.4 and 2.3",\
"74.1 kg CO2 per GJ, 43 MJ per kg, full oxidation, stationary."
gravel,cradleToGate,GB,2025,CO2e 0.00779306,AR5,0.002,0.01,,2 2 1 1 2,read,desnz-2025,\
"material use, aggregates, primary",Holds the transport to the user.
"""

EXAMPLE_SOURCES: Final = """\
id,title,publisher,year,licence,url
ipcc-2006,2006 Guidelines for National Greenhouse Gas Inventories,IPCC,2006,Single values cited as facts,\
https://www.ipcc-nggip.iges.or.jp
desnz-2025,Greenhouse gas reporting: conversion factors 2025,UK DESNZ,2025,\
Open Government Licence v3.0,https://www.gov.uk/government/collections/government-conversion-factors-for-company-reporting
"""
