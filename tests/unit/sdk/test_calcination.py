"""Carbonates by stoichiometry, solved by hand."""

from decimal import Decimal

import pytest
from support.raising import raised

from ledger.errors import PluginError
from ledger.sdk import CARBONATES, carbonate, from_oxides

ATOMS = {"C": 12.011, "O": 15.999, "Ca": 40.078, "Mg": 24.305, "Fe": 55.845, "Mn": 54.938, "Na": 22.990, "Ba": 137.327,
         "Sr": 87.62, "Li": 6.94, "K": 39.098, "H": 1.008}
FORMULAS = {
    "calcite": "Ca C O O O", "magnesite": "Mg C O O O", "dolomite": "Ca Mg C C O O O O O O", "siderite": "Fe C O O O",
    "rhodochrosite": "Mn C O O O", "sodaAsh": "Na Na C O O O", "witherite": "Ba C O O O", "strontianite": "Sr C O O O",
    "lithiumCarbonate": "Li Li C O O O", "potash": "K K C O O O", "sodiumBicarbonate": "Na H C O O O",
}


def test_ratios_are_those_of_the_molar_masses() -> None:
    """To 0.1 %: IPCC rounds, and takes soda ash to be a little heavier."""
    assert set(CARBONATES) == set(FORMULAS)
    for mineral, formula in FORMULAS.items():
        atoms = formula.split()
        expected = atoms.count("C") * (ATOMS["C"] + 2 * ATOMS["O"]) / sum(ATOMS[atom] for atom in atoms)
        assert float(CARBONATES[mineral]) == pytest.approx(expected, rel=1e-3), mineral


def test_a_raw_material() -> None:
    """90 % dolomite, of which 95 % is calcined."""
    assert carbonate("dolomite", Decimal("0.9"), Decimal("0.95")) == Decimal("0.47732") * Decimal("0.855")


def test_clinker_by_its_oxides() -> None:
    """65 % CaO, 2 % of the clinker from slag; 2 % MgO: 0.63 * 44/56 + 0.02 * 44/40 = 0.495 + 0.022."""
    assert float(from_oxides(Decimal("0.65"), Decimal("0.02"), Decimal("0.02"))) == pytest.approx(0.517, rel=1e-12)


def test_what_cannot_be() -> None:
    assert "granite" in str(raised(PluginError, carbonate, "granite"))
    for purity, calcined in (("1.01", "1"), ("1", "-0.1")):
        assert "is" in str(raised(PluginError, carbonate, "calcite", Decimal(purity), Decimal(calcined)))
    with pytest.raises(PluginError, match=r"calcium_oxide is 1\.2"):
        from_oxides(Decimal("1.2"), Decimal(0))
    with pytest.raises(PluginError, match=r"other_magnesium_oxide is 0\.03"):
        from_oxides(Decimal("0.65"), Decimal("0.02"), Decimal(0), Decimal("0.03"))
