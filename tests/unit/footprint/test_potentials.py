"""The ledger's potentials are those of the open factor set, whose rows name their IPCC report."""

import csv
import re
from decimal import Decimal
from pathlib import Path

import carbon_ledger_factors_open
import pytest

from ledger.footprint.stored.gwp import SETS

ROWS = list(csv.DictReader(
    (Path(carbon_ledger_factors_open.__file__).parent / "v2026_1" / "potentials.csv").read_text("utf-8").splitlines()
))
GASES = [row for row in ROWS if not re.match(r"R\d", row["gas"])]
"""Without blends of refrigerants, which are stated by their parts."""


@pytest.mark.parametrize("report", SETS)
def test_every_gas_of_both_reports_is_there_with_its_value(report: str) -> None:
    wanted = {row["gas"]: Decimal(row[report]) for row in GASES if row["AR5"] and row["AR6"]}
    assert dict(SETS[report]) == {"CO2e": Decimal(1), **wanted}
    assert len(wanted) == 86


def test_reports_differ() -> None:
    assert (SETS["AR6"]["HFC32"], SETS["AR5"]["HFC32"]) == (Decimal(771), Decimal(677))
    assert (SETS["AR6"]["cC4F8"], SETS["AR5"]["cC4F8"]) == (Decimal(10200), Decimal(9540))
