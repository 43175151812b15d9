"""Fertiliser: production of urea, ammonium nitrate and others, and emissions of urea in use.

CO2 that urea binds is no emission of its maker. It travels as fossil carbon in the lot's contents, 0.2 kg per kg, and
is released within days on the field or in a catalyst: `fertilizerUse`, a record of the user, has that line. A
cradle-to-gate figure leaves it out; the indicator `boundCo2PerTonne` states it.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_petrochemicals.carbon import Plant, Process, balance, begin, is_primary
from carbon_ledger_petrochemicals.sharing import factors, share_out
from carbon_ledger_petrochemicals.substances import came, made, nitrogen_in, nitrogen_out, substances
from ledger.sdk import CO2_PER_C, PRODUCT_ROLES, ZERO, Assessment, Context, Reading

FEEDS: Final = ("carbonDioxide", "urea")
# Products that release their carbon in use.
BOUND: Final = ("urea", "ammoniumBicarbonate")

ACID: Final[Mapping[str, Decimal]] = {
    "nitricAcid": Decimal(1), "ammoniumNitrate": Decimal("0.7872"), "calciumAmmoniumNitrate": Decimal("0.607"),
    "ureaAmmoniumNitrate": Decimal("0.354"),
}
"""Kg of nitric acid per kg: 63.012 of 80.043 of ammonium nitrate (stoichiometry). Calcium ammonium nitrate with 27 % of
nitrogen holds 0.771 of it, solutions with urea 0.45."""
LITTLE_ACID: Final = Decimal("0.05")
"""Of the acid: strengths of acid and nitrate are rounded."""
WEIGHING: Final = Decimal("0.01")
# Urea plants bind 98 to 99 % of their ammonia, so do nitrate plants; below nine tenths something was not weighed.
LEAST_YIELD: Final = Decimal("0.9")


class Fertilizer(Process, frozen=True, kw_only=True):
    """How fertiliser was made; every field may be left out.

    Inputs: lots or supplies of `ammonia`, `carbonDioxide`, `nitricAcid`, `urea`; `naturalGas` and other standard fuels
    are burnt; `electricity`, `heat`, `steam`; others (`phosphateRock`, `potash`, `sulphuricAcid`, `limestone` as a
    filler) are left to the core. Outputs name their `materials`: `urea`, `ammoniumNitrate`, `ammoniumBicarbonate`,
    `ammoniumSulphate`, `limestone`, or state `N` among their elements.
    `process`: the main product; another main product warns.
    """

    process: Literal["urea", "ammoniumNitrate", "ammoniumBicarbonate", "compound", "other"] = "urea"


class FertilizerUse(Process, frozen=True, kw_only=True):
    """How fertiliser was used; every field may be left out. The record has no outputs, and retains its burden.

    Inputs: lots or a supply of `urea`; other fertilisers by their `N`. `purpose`: on soil nitrogen also gives N2O,
    in exhaust gas (urea solution) it does not.
    """

    purpose: Literal["soil", "exhaustGas"] = "soil"


def assess(context: Context, activity: Fertilizer) -> Assessment:
    """GB/T 32151.10: CO2 that came as a feedstock and is in no product is emitted. Nitrogen out is at most nitrogen in.

    CO2 + 2 NH3 -> CO(NH2)2 + H2O: urea holds 0.733 kg of CO2 per kg.
    """
    plant = begin(context, activity, FEEDS)
    balance(plant, "unboundCarbonDioxide")
    _check_nitrogen(plant)
    if context.questions:
        _check_acid(plant)
    if activity.process not in ("compound", "other") and made(context, activity.process) == 0:
        _warn_unnamed(plant, activity.process)
    share_out(plant.draft, context)
    products = context.mass_out(*PRODUCT_ROLES)
    if products > 0:
        bound = sum((made(context, key) * substances()[key].carbon for key in BOUND), ZERO)
        plant.draft.indicate("fertilizerNitrogen", nitrogen_out(context) / 1000)
        plant.draft.indicate("boundCo2PerTonne", bound * CO2_PER_C / products * 1000)
    return plant.draft.assessment()


def _check_nitrogen(plant: Plant) -> None:
    brought, bound = nitrogen_in(plant.context), nitrogen_out(plant.context)
    if bound == 0:
        plant.draft.find("no-nitrogen", "no output names a nitrogen fertiliser among its materials, or N")
        return
    if bound > brought * (1 + WEIGHING):
        plant.draft.find(
            "nitrogen-yield", f"{bound:f} kg of nitrogen in products out of {brought:f} kg", refuses=True,
        )
    elif bound < brought * LEAST_YIELD:
        plant.draft.find("nitrogen-yield", f"only {bound:f} kg of nitrogen in products out of {brought:f} kg")
    if brought > 0:
        plant.draft.indicate("nitrogenYield", bound / brought)


def _warn_unnamed(plant: Plant, process: str) -> None:
    """Products without the name of their substance hold its acid all the same. Carbon dioxide that no product names
    counts as emitted, so no other process has an amount."""
    needed = plant.context.mass_out(*PRODUCT_ROLES) * ACID.get(process, ZERO)
    brought = sum((came(plant.context, name) * part for name, part in ACID.items()), ZERO)
    named = sum((made(plant.context, name) * part for name, part in ACID.items()), ZERO)
    lost = max(needed - max(brought, named), ZERO) / 1000 * factors().find("nitricAcidHigh").value
    plant.draft.warn("product-unusual", f"no output names {process} among its materials", emits={"N2O": lost})


def _check_acid(plant: Plant) -> None:
    """Nitrates hold nitric acid, which came in or was made here: with N2O, as in a record of the route `nitricAcid`."""
    context = plant.context
    needed, brought = (sum((one(context, name) * part for name, part in ACID.items()), ZERO) for one in (made, came))
    if needed - brought > needed * LITTLE_ACID:
        factor = factors().find("nitricAcidHigh").value
        plant.draft.warn(
            "nitric-acid-missing", f"the products hold {needed:.6g} kg of nitric acid, {brought:.6g} kg come in",
            Reading(brought / needed, "kg/kg", (1 - LITTLE_ACID, Decimal(1))),
            emits={"N2O": (needed - brought) / 1000 * factor},
        )


def assess_use(context: Context, activity: FertilizerUse) -> Assessment:
    """CO2 = carbon of urea * 44/12 (IPCC 2006, volume 4, equation 11.13, and volume 2, 3.2.1.1 for exhaust gas);
    N2O = nitrogen * 0.01 * 44/28 (volume 4, equation 11.1, direct emissions from managed soils)."""
    plant = begin(context, activity, FEEDS)
    plant.draft.carbon("ureaUse", plant.carbon.fossil * CO2_PER_C, recalled=plant.recalled, primary=is_primary(plant))
    nitrogen = nitrogen_in(context)
    if activity.purpose == "soil":
        factor = factors().find("fertilizerOnSoil")
        plant.draft.price("soilNitrousOxide", nitrogen / 1000, factor, kind="onSite")
    if plant.carbon.total == 0 and nitrogen == 0:
        plant.draft.find(
            "no-fertilizer", "no input or supply is a fertiliser with known carbon or nitrogen", refuses=True,
        )
    if context.outputs:
        plant.draft.find("outputs-of-use", "use of fertiliser makes no lot: remove the outputs", refuses=True)
    return plant.draft.assessment()
