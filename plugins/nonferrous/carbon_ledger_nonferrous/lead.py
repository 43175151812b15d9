"""Lead: from concentrate, with sulphuric acid; and from batteries and other scrap."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_nonferrous.metals import LEAD
from carbon_ledger_nonferrous.smelting import Limits, Smelting, smelt
from ledger.sdk import Assessment, Context

PURITY: Final[Mapping[str, Decimal]] = {"bullion": Decimal("0.97"), "refined": Decimal(1)}
NAMES: Final = ("leadProduced", "recycledLeadProduced")
# Slag fuming brings lead in slag down to 1 or 2 % of the lead that came in; below 90 % dust or slag was not weighed.
LEAST_RECOVERY: Final = Decimal("0.9")
# 200 to 500 kg of standard coal per t from concentrate with fuming, 100 to 200 kg from batteries; 1 kg is 29.3 MJ.
USUAL_PRIMARY: Final = (Decimal(3000), Decimal(20000))
USUAL_SECONDARY: Final = (Decimal(1000), Decimal(9000))
# Acid plants catch 98 % and more.
LEAST_SULPHUR: Final = Decimal("0.95")


class LeadSmelting(Smelting, frozen=True, kw_only=True):
    """How a smelter ran; every field may be left out.

    Inputs: concentrate, bullion, scrap, reverts. Outputs: lead of the form `product`; acid (which names the material
    `sulphuricAcid`), zinc oxide, anode slime, slag. Supplies: `leadConcentrate`, `leadBullion`, `leadScrap`,
    `batteryPaste` if they are no lots; `electricity`, `heat`, `steam`, standard fuels (coke and coal as reductants
    too); `limestone`, `sodaAsh`; `oxygen`, `silica`, `iron` and others are left to the core. `contents`: lead in
    materials.
    """

    product: Literal["bullion", "refined"] = "refined"


class SecondaryLead(Smelting, frozen=True, kw_only=True):
    """How batteries or lead scrap were smelted; every field may be left out.

    Inputs: batteries, paste, grids, scrap. Outputs: lead of the form `product`; polypropylene (by that name, with its
    fossil carbon; otherwise its carbon counts as burnt), sodium sulphate, slag. Supplies as in lead smelting; `sodaAsh`
    that binds the sulphate gives off its CO2. Scrap counts as recycled only if it comes as a lot.
    """

    product: Literal["bullion", "refined"] = "refined"


def assess_primary(context: Context, activity: LeadSmelting) -> Assessment:
    """One smelter; lead counts as produced once it is refined."""
    limits = Limits(
        PURITY[activity.product], LEAST_RECOVERY, USUAL_PRIMARY, activity.product == "refined",
        least_sulphur=LEAST_SULPHUR,
    )
    return smelt(context, activity, LEAD, limits, NAMES)


def assess_secondary(context: Context, activity: SecondaryLead) -> Assessment:
    """One works; its slag is rarely analysed for sulphur, so only too much sulphur in outputs is found."""
    limits = Limits(PURITY[activity.product], LEAST_RECOVERY, USUAL_SECONDARY, activity.product == "refined")
    return smelt(context, activity, LEAD, limits, NAMES)
