"""Copper: from concentrate over matte, blister and anodes to cathodes, with sulphuric acid; and from scrap."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_nonferrous.common import Work
from carbon_ledger_nonferrous.metals import COPPER
from carbon_ledger_nonferrous.smelting import Limits, Smelting, smelt
from ledger.sdk import Assessment, Context

Product = Literal["matte", "blister", "anode", "cathode"]

PURITY: Final[Mapping[str, Decimal]] = {
    "matte": Decimal("0.6"), "blister": Decimal("0.985"), "anode": Decimal("0.99"), "cathode": Decimal(1),
    "alloy": Decimal(1),
}
NAMES: Final = ("copperProduced", "recycledCopperProduced")
# Smelters lose 1 to 3 % of the copper with slag; below 93 % returned slag or dust was not weighed.
LEAST_RECOVERY: Final = Decimal("0.93")
# With poor scrap much copper leaves with slag and dust for other works.
LEAST_FROM_SCRAP: Final = Decimal("0.85")
# Concentrate brings sulphur as a fuel, so smelters buy 4 to 15 GJ per t of cathodes, refineries alone 1.5. Scrap brings
# no fuel: 5 to 20 GJ, or 1.5 if clean scrap is only melted.
USUAL_ENERGY: Final = (Decimal(1000), Decimal(20000))
# Acid plants catch 98 % and more; some sulphur stays in slag and gypsum.
LEAST_SULPHUR: Final = Decimal("0.95")


class CopperSmelting(Smelting, frozen=True, kw_only=True):
    """How a smelter or refinery ran; every field may be left out.

    Inputs: concentrate, matte, blister, anodes, scrap, reverts. Outputs: copper of the form `product`; acid (which
    names the material `sulphuricAcid`), anode slime, slag, gypsum. Supplies: `copperConcentrate`, `copperMatte`,
    `blisterCopper`, `copperAnode`, `copperScrap` if they are no lots; `electricity`, `heat`, `steam`, standard fuels
    (coke too); `limestone`, `dolomite`; `silica`, `oxygen`, `lime` and others are left to the core.
    `contents`: copper in materials.
    """

    product: Product = "cathode"


class SecondaryCopper(Work, frozen=True, kw_only=True):
    """How scrap was smelted, refined or melted; every field may be left out.

    Inputs: scrap, slag, cathodes for dilution. Outputs: copper of the form `product` (`alloy`: brass, bronze, rod of
    scrap), slag, zinc oxide, and others. Supplies as in copper smelting. Scrap counts as recycled only if it comes
    as a lot. `contents`: copper in materials.
    """

    product: Literal["blister", "anode", "cathode", "alloy"] = "cathode"


def assess_primary(context: Context, activity: CopperSmelting) -> Assessment:
    """One smelter; copper counts as produced once it is a cathode."""
    made = activity.product
    limits = Limits(PURITY[made], LEAST_RECOVERY, USUAL_ENERGY, made == "cathode", least_sulphur=LEAST_SULPHUR)
    return smelt(context, activity, COPPER, limits, NAMES)


def assess_secondary(context: Context, activity: SecondaryCopper) -> Assessment:
    """One works; blister and anodes count as produced at the refinery. An alloy keeps the elements of its scrap."""
    made = activity.product
    limits = Limits(PURITY[made], LEAST_FROM_SCRAP, USUAL_ENERGY, made in ("cathode", "alloy"), stays=made == "alloy")
    return smelt(context, activity, COPPER, limits, NAMES)
