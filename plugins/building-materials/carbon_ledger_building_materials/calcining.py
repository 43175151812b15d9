"""CO2 of raw meal: from the carbonates that became clinker and dust, and from the organic carbon in it.

By oxides (GB/T 32151.8, 5.2.3; the method is also B of IPCC 2006, volume 3, 2.2, Tier 2, with magnesium):

    EF = (CaO - CaO not from carbonates) * 44/56 + (MgO - MgO not from carbonates) * 44/40
    E  = (clinker + bypass dust) * EF + kiln dust * EF * d / ((1 + EF) - EF * d) + raw meal * carbon * 44/12

`d` is the calcined part of kiln dust; fully calcined dust (1) counts like clinker. The term comes from
the WBCSD CSI protocol (CO2 and Energy Accounting and Reporting Standard for the Cement Industry).

Oxide that did not come as carbonate came with an input that holds it: slag, ash, lime. More of it than the inputs can
hold (`oxides.csv`) is questioned as the CO2 that carbonates would have released.
"""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Final, Literal, NamedTuple

from carbon_ledger_building_materials.common import Plant, factors
from ledger.sdk import (
    CO2_PER_C,
    CO2_PER_CAO,
    CO2_PER_MGO,
    KG_PER_T,
    Context,
    Draft,
    Fraction,
    Limits,
    Positive,
    Quantity,
    Reading,
    calcination,
    invalid_activity,
    judge,
    kilograms,
    rows,
    standard_fuels,
)

# Defaults of GB/T 32151.8, recalled (see factors.csv).
DEFAULT_CAO: Final = Decimal("0.65")
DEFAULT_MGO: Final = Decimal("0.02")

# Portland clinker: alite and belite with some aluminate and ferrite. Pure alite, 3 CaO to SiO2, holds 73.7 % of CaO, so
# no clinker holds more; sulfoaluminate clinker goes down to 36 %.
USUAL_CAO: Final[Limits] = (Decimal("0.60"), Decimal("0.69"))
POSSIBLE_CAO: Final[Limits] = (Decimal("0.30"), Decimal("0.737"))
# GB 175 admits 5 % of MgO, 6 % if the cement passes the autoclave; above that the cement expands and cracks.
USUAL_MGO: Final[Limits] = (Decimal(0), Decimal("0.06"))
POSSIBLE_MGO: Final[Limits] = (Decimal(0), Decimal("0.20"))
# A preheater kiln loses a few per cent of dust, an old long kiln up to a fifth; no kiln loses half.
USUAL_DUST: Final[Limits] = (Decimal(0), Decimal("0.10"))
POSSIBLE_DUST: Final[Limits] = (Decimal(0), Decimal("0.50"))
# 0.1 to 0.3 % in limestone and clay. Meal with more than 5 % would burn in the preheater.
USUAL_CARBON: Final[Limits] = (Decimal(0), Decimal("0.003"))
POSSIBLE_CARBON: Final[Limits] = (Decimal(0), Decimal("0.05"))
NOT_HELD: Final = "non-carbonate-oxides"
_ANALYSIS: Final = Decimal("1.1")
"""Analyses of oxides in mixed raw materials differ by a tenth."""
_FUEL, _ANY = "fuel", "*"


class Calcination(Plant, frozen=True, kw_only=True):
    """Analyses and masses of raw meal, dust and clinker; every field may be left out.

    `calcium_oxide`, `magnesium_oxide`: CaO and MgO in clinker, mass fractions; 0.65 and 0.02 if absent.
    `non_carbonate_calcium_oxide`, `non_carbonate_magnesium_oxide`: the part of them, as fractions of the clinker's mass
    too, that did not come as carbonate (slag, fly ash, carbide slag in raw meal).
    `method`: `oxides`, or `ipccTier2` by CaO alone, with a `dust_correction` instead of masses of dust (1.02 if
    absent).
    `kiln_dust`: dust that leaves the kiln for good, `kiln_dust_calcined` its calcined part; `bypass_dust`: fully
    calcined dust of a bypass. All masses.
    `raw_meal`: dry mass of raw meal; all inputs but fuel and energy if absent. `raw_meal_carbon`: its non-fuel
    carbon, mass fraction; 0.001 if absent, or 0.003 for `carbon_rich_raw_meal` (coal gangue, ash rich in carbon).
    """

    calcium_oxide: Fraction | None = None
    magnesium_oxide: Fraction | None = None
    non_carbonate_calcium_oxide: Fraction = "0"
    non_carbonate_magnesium_oxide: Fraction = "0"
    method: Literal["oxides", "ipccTier2"] = "oxides"
    dust_correction: Positive | None = None
    kiln_dust: Quantity | None = None
    kiln_dust_calcined: Fraction = "1"
    bypass_dust: Quantity | None = None
    raw_meal: Quantity | None = None
    raw_meal_carbon: Fraction | None = None
    carbon_rich_raw_meal: bool = False


def book_calcination(draft: Draft, activity: Calcination, clinker: Decimal, materials: Decimal) -> Decimal:
    """Lines of the CO2 of `clinker` kg and of its raw meal (`materials` kg unless the activity states it); returns the
    kg of CO2 from carbonates. Raises PluginError for an activity that contradicts itself."""
    lime = _oxide("calciumOxide", activity.calcium_oxide, DEFAULT_CAO, activity.non_carbonate_calcium_oxide)
    magnesia = _oxide("magnesiumOxide", activity.magnesium_oxide, DEFAULT_MGO, activity.non_carbonate_magnesium_oxide)
    judge(draft, "calcium-oxide", "of CaO in clinker", lime.all, usual=USUAL_CAO, possible=POSSIBLE_CAO)
    judge(draft, "magnesium-oxide", "of MgO in clinker", magnesia.all, usual=USUAL_MGO, possible=POSSIBLE_MGO)
    if activity.method == "ipccTier2":
        given = _tier_two(draft, activity, clinker, lime)
    else:
        if activity.dust_correction is not None:
            raise invalid_activity("dustCorrection", activity.dust_correction, "absent unless the method is ipccTier2")
        given = _by_oxides(draft, activity, clinker, lime.carbonate * CO2_PER_CAO + magnesia.carbonate * CO2_PER_MGO)
    _book_raw_meal(draft, activity, materials)
    return given


class _Oxide(NamedTuple):
    """An oxide in clinker, mass fractions: `all` of it, and the part that came as `carbonate`."""

    all: Decimal
    carbonate: Decimal


def _oxide(field: str, stated: str | None, default: Decimal, other: str) -> _Oxide:
    whole = default if stated is None else Decimal(stated)
    if Decimal(other) > whole:
        name = f"nonCarbonate{field[0].upper()}{field[1:]}"
        raise invalid_activity(name, other, f"at most {whole}, the fraction in clinker")
    return _Oxide(whole, whole - Decimal(other))


def _by_oxides(draft: Draft, activity: Calcination, clinker: Decimal, per_kilogram: Decimal) -> Decimal:
    measured = activity.calcium_oxide is not None and activity.magnesium_oxide is not None
    factor = None if measured else factors().find("clinkerCalcination")
    dust = _mass(activity.kiln_dust, "kilnDust")
    bypass = _mass(activity.bypass_dust, "bypassDust")
    calcined = Decimal(activity.kiln_dust_calcined)
    amounts = {
        "calcination": clinker * per_kilogram,
        "kilnDust": dust * per_kilogram * calcined / (1 + per_kilogram - per_kilogram * calcined),
        "bypassDust": bypass * per_kilogram,
    }
    for source, amount in amounts.items():
        draft.carbon(
            source, amount, primary=measured, ratings=(1, 1, 1) if measured else (2, 2, 2),
            factor=factor.name if factor else None, recalled=factor.recalled if factor else False,
        )
    judge(draft, "kiln-dust", "kg of lost dust per kg of clinker", (dust + bypass) / clinker, usual=USUAL_DUST,
          possible=POSSIBLE_DUST)
    return sum(amounts.values(), Decimal(0))


def _tier_two(draft: Draft, activity: Calcination, clinker: Decimal, lime: _Oxide) -> Decimal:
    """IPCC 2006, volume 3, 2.2, Tier 2: by CaO with a correction for dust that does not return."""
    for field, stated in (("kilnDust", activity.kiln_dust), ("bypassDust", activity.bypass_dust)):
        if stated is not None:
            raise invalid_activity(field, stated, "absent unless the method is oxides: ipccTier2 corrects for dust")
    correction = Decimal(activity.dust_correction or "1.02")
    carbonate = lime.carbonate / lime.all if lime.all else Decimal(0)
    amount = clinker * calcination(lime.all, carbonate, correction)
    measured = activity.calcium_oxide is not None
    factor = factors().find("clinkerCalcination")
    draft.carbon("calcination", amount, primary=measured, ratings=(1, 1, 1) if measured else (2, 2, 2),
                 factor=None if measured else factor.name, recalled=not measured and factor.recalled)
    return amount


def _book_raw_meal(draft: Draft, activity: Calcination, materials: Decimal) -> None:
    meal = materials if activity.raw_meal is None else kilograms(activity.raw_meal, "rawMeal")
    if activity.raw_meal_carbon is not None:
        share = Decimal(activity.raw_meal_carbon)
        judge(draft, "raw-meal-carbon", "of non-fuel carbon in raw meal", share, usual=USUAL_CARBON,
              possible=POSSIBLE_CARBON)
        draft.carbon("rawMealCarbon", meal * share * CO2_PER_C)
    else:
        factor = factors().find("rawMealCarbonRich" if activity.carbon_rich_raw_meal else "rawMealCarbon")
        draft.price("rawMealCarbon", meal / KG_PER_T, factor, kind="onSite")


class _Held(NamedTuple):
    """Mass fractions of oxides that a material holds at most, without its carbonates."""

    calcium: Decimal
    magnesium: Decimal


@cache
def _oxides() -> Mapping[str, _Held]:
    table = rows("carbon_ledger_building_materials", "oxides.csv")
    return {row["material"]: _Held(Decimal(row["calcium"]), Decimal(row["magnesium"])) for row in table}


def check_non_carbonate(draft: Draft, context: Context, activity: Calcination, clinker: Decimal) -> None:
    """Questions oxides that are said to have come without CO2, beyond the most that the inputs can hold."""
    stated = _Held(clinker * Decimal(activity.non_carbonate_calcium_oxide),
                   clinker * Decimal(activity.non_carbonate_magnesium_oxide))
    if not any(stated) or not draft.questions:
        return
    held = _held(context)
    excess = [max(said - most * _ANALYSIS, Decimal(0)) for said, most in zip(stated, held, strict=True)]
    if any(excess):
        draft.warn(
            NOT_HELD, f"{sum(stated):.6g} kg of CaO and MgO are said to have come without CO2, but slag, ash and "
            f"other inputs hold at most {sum(held):.6g} kg",
            Reading(sum(stated, Decimal(0)), "kg", None, (Decimal(0), sum(held, Decimal(0)))),
            emits={"CO2": excess[0] * CO2_PER_CAO + excess[1] * CO2_PER_MGO},
        )


def _held(context: Context) -> _Held:
    """Kg of the oxides that lots and supplies can hold without carbonates."""
    calcium = magnesium = Decimal(0)
    for supply in context.supplies:
        burns = supply.fuel is not None or supply.material in standard_fuels()
        share = _share_of(_FUEL if burns else supply.material)
        calcium += (supply.mass or Decimal(0)) * share.calcium
        magnesium += (supply.mass or Decimal(0)) * share.magnesium
    for taken in context.inputs:
        mass, rest = taken.mass or Decimal(0), Decimal(1)
        for material, part in taken.materials.items():
            rest -= part
            calcium += mass * part * _share_of(material).calcium
            magnesium += mass * part * _share_of(material).magnesium
        calcium += mass * rest * _share_of(_ANY).calcium
        magnesium += mass * rest * _share_of(_ANY).magnesium
    return _Held(calcium, magnesium)


def _share_of(material: str) -> _Held:
    return _oxides().get(material, _oxides()[_ANY])


def _mass(quantity: Quantity | None, field: str) -> Decimal:
    return Decimal(0) if quantity is None else kilograms(quantity, field)


def check_closure(draft: Draft, context: Context, carbon_dioxide: Decimal) -> None:
    """Refuses outputs that together with the CO2 of carbonates weigh more than all inputs and supplies, fuels included.

    Raw meal is weighed wet, so only an impossible balance is found; 2 % is the tolerance of belt scales and sampling.
    """
    out = context.mass_out() + carbon_dioxide
    if out > context.mass_in * Decimal("1.02"):
        draft.find(
            "calcination-mass", f"outputs and CO2 of carbonates weigh {out:.6g} kg, but only {context.mass_in:.6g} kg "
            "came in",
            refuses=True,
        )
