"""Recyclable materials: their names in compositions, usual yields, and usual energy."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal, NamedTuple

Material = Literal[
    "steel", "copper", "aluminium", "lead", "zinc", "paper", "plastics", "rubber", "glass", "batteries",
]


class Recyclable(NamedTuple):
    """`names` of the material in compositions, and its class in the factor sets (`group`), if all of that class is the
    material. `least`: yield below which something was not weighed. `melting`: MJ per kg of the molten material, the
    least energy of a furnace; None if nothing is melted. `most`: largest usual MJ per kg of product. `working`: least
    MJ per kg by the methods `worked`, None for a record without a method."""

    names: tuple[str, ...]
    least: Decimal
    melting: Decimal | None
    most: Decimal
    working: Decimal = Decimal(0)
    worked: tuple[str | None, ...] = ()
    group: str | None = None


def _entry(names: str, least: str, melting: str | None, most: str, group: str | None = None) -> Recyclable:
    molten = None if melting is None else Decimal(melting)
    return Recyclable(tuple(names.split()), Decimal(least), molten, Decimal(most), group=group)


MATERIALS: Final[Mapping[str, Recyclable]] = {
    # 0.38 kWh per kg at 1500 C. Slag, scale and dust take a tenth. Arc furnaces 2 to 4 MJ, with rolling more.
    "steel": _entry("steel iron castIron pigIron stainlessSteel", "0.8", "1.3", "12", "steel"),
    # 1085 C: 0.4 MJ to heat, 0.2 to melt. Bright wire remelted 3 MJ, black copper refined by electrolysis 20.
    "copper": _entry("copper brass bronze", "0.85", "0.6", "30", "copper"),
    # 660 C: 0.7 MJ to heat, 0.4 to melt. Dross and burnt coatings; rotary furnaces under salt 5 to 9 MJ.
    "aluminium": _entry("aluminium", "0.8", "1.0", "18", "aluminium"),
    # 327 C. Paste is reduced with coke: 3 to 10 MJ. Slag keeps a few per cent.
    "lead": _entry("lead", "0.9", "0.06", "18"),
    # 420 C. Remelted 1 to 3 MJ; out of furnace dust by the Waelz process 20 and more.
    "zinc": _entry("zinc", "0.7", "0.25", "40"),
    # Fibres shorten and leave with ink: packaging loses a tenth, hygiene paper 0.4. Pulping and drying 5 to 15 MJ.
    "paper": _entry("paper board fibre pulp cellulose", "0.55", None, "20", "paper")._replace(
        # Pulpers and screens take 0.1 to 0.3 kWh per kg; the least is own judgement.
        working=Decimal("0.18"), worked=(None, "pulping")),
    # Labels, other polymers and fines; washing and extrusion 2 to 10 MJ; to monomers and oil 30.
    "plastics": _entry(
        "plastics plastic polyethylene polypropylene pet polyester polystyrene pvc abs polyamide polycarbonate",
        "0.5", None, "40", "polymer",
        # Extruders alone take 0.2 to 0.4 kWh per kg; the least is own judgement.
    )._replace(working=Decimal("0.54"), worked=(None, "extrusion", "chemical", "pyrolysis")),
    # Steel cord and textile leave first. Crumb 1 to 3 MJ, reclaimed rubber 5 to 10.
    "rubber": _entry("rubber naturalRubber syntheticRubber", "0.5", None, "25", "rubber"),
    # Labels and stones; 1.6 MJ in glass at 1400 C, furnaces 4 to 8.
    "glass": _entry("glass", "0.8", "1.6", "15", "glass"),
    # Metals and graphite out of cells: electrolyte, binder and plastics are lost; leaching and salts 20 to 60 MJ.
    "batteries": _entry(
        "nickel cobalt manganese lithium copper aluminium iron steel graphite lithiumIronPhosphate blackMass", "0.5",
        None, "120",
    ),
}

METALS: Final = ("steel", "copper", "aluminium", "lead", "zinc")
"""Materials that come as scrap metal."""
