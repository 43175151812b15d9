"""Landfilling of waste: its future methane, and the energy of the site."""

from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from typing import Final, Literal, NamedTuple

from carbon_ledger_circular.charging import charge
from carbon_ledger_circular.wastes import PACKAGE, Climate, Component, Kind, check_shares, wastes
from ledger.sdk import (
    CO2_PER_C,
    ZERO,
    Activity,
    Assessment,
    Context,
    Draft,
    Fraction,
    Line,
    Reading,
    convert,
    draft_with_energy,
    invalid_activity,
    is_energy,
    rows,
)

CH4_PER_C: Final = Decimal(16) / Decimal(12)
# Wells reach 85 % of the gas of a cell with its final cover; before that, and over a life, less.
MOST_CAPTURED: Final = Decimal("0.85")
LEAST_HORIZON: Final = 100
"""Years. A shorter horizon would leave out gas of slow waste such as wood."""
MANAGED: Final = ("managedAnaerobic", "managedSemiAerobic")
_TABLE: Final = (2, 2, 2)

Site = Literal["managedAnaerobic", "managedSemiAerobic", "unmanagedDeep", "unmanagedShallow", "uncategorised"]

DEGRADABLE: Final[Mapping[str, Kind]] = {"food": "food", "paper": "paper", "wood": "wood"}
"""Kinds of waste by the class of materials that decay."""
LEAST_DEGRADABLE: Final = Decimal("0.8")
"""Of the methane by the materials: bales hold some dirt, and fats and sugars decay as food does."""
PROOFS: Final = ("analysis", "emissionMeasurement", "monitoringReport")


class Landfill(Activity, frozen=True, kw_only=True):
    """How waste was landfilled. Supplies: `diesel` and other standard fuels, `electricity`, `heat`; covers, liners and
    others are left to the core.

    Inputs: lots of waste. Outputs: lots of service for the generators of the waste; power of landfill gas as lots.
    `composition`: of the wet waste, together 1. `site`: its kind. `method`: all methane that will ever form
    (`default`), or the methane of `horizon` years, at least 100, in a `climate` (`firstOrderDecay`). `gas_captured`:
    share of the methane that wells capture over that time and that is burnt. `covered`: with soil in which methane
    oxidises.
    `renewable_share`: of the electricity that comes as lots.
    """

    composition: tuple[Component, ...]
    site: Site = "managedAnaerobic"
    method: Literal["default", "firstOrderDecay"] = "default"
    climate: Climate | None = None
    horizon: int = 100
    gas_captured: Fraction = "0"
    covered: bool = False
    renewable_share: Fraction = "0"


def assess(context: Context, activity: Landfill) -> Assessment:
    """Future methane, counted when the waste is landfilled; fuels and power; the generators carry all of it."""
    _check(activity, context)
    draft, power = draft_with_energy(context, activity)
    charge(draft, context, "generator")
    laid = context.mass_taken("waste")
    if laid == 0:
        draft.find("no-waste", "no input lot is waste with a mass", refuses=True)
        return draft.assessment()
    methane = hidden = ZERO
    for i, component in enumerate(activity.composition):
        gas = gas_of(f"composition[{i}]", component, activity)
        wet = laid * Decimal(component.share)
        emitted = wet * gas.methane
        waste = wastes()[component.kind]
        methane += emitted
        hidden += wet * gas.hidden
        draft.line(Line(
            gas="CH4biogenic", amount=emitted, source=component.kind, kind="treatment",
            burden="biogenicNonCO2Emissions", basis="estimated", factor=waste.name, recalled=waste.recalled,
            ratings=_TABLE,
        ))
        draft.release_biogenic(
            component.kind, wet * gas.carbon_dioxide, kind="treatment", basis="estimated", factor=waste.name,
            recalled=waste.recalled,
        )
    if context.questions and not context.shows(*PROOFS):
        _check_degradable(draft, context, activity, methane)
    if Decimal(activity.gas_captured) > MOST_CAPTURED:
        share = Decimal(activity.gas_captured)
        draft.warn("capture-unusual", f"{activity.gas_captured} of the methane captured over the site's life",
                   Reading(share, "kg/kg", (ZERO, MOST_CAPTURED)), emits={"CH4biogenic": hidden})
    draft.indicate("wasteTreated", laid / 1000)
    draft.indicate("methanePerTonne", methane / laid * 1000)
    draft.indicate("electricityPerTonne", power / laid * 1000)
    recovered = [output.quantity for output in context.outputs if is_energy(output.quantity)]
    if recovered:
        megajoules = sum((convert(one.amount, one.unit, "3B") for one in recovered), ZERO)
        draft.indicate("energyRecovered", megajoules / laid * 1000)
    return draft.assessment()


def _check_degradable(draft: Draft, context: Context, activity: Landfill, emitted: Decimal) -> None:
    """The materials of lots count before a composition. `emitted`: kg of methane."""
    expected = ZERO
    for group, kind in DEGRADABLE.items():
        mass = sum(((one.mass or ZERO) * one.classes.get(group, ZERO) for one in context.inputs if one.role == "waste"),
                   ZERO)
        expected += mass * gas_of("composition", Component(kind=kind, share="1"), activity).methane
    if emitted < expected * LEAST_DEGRADABLE:
        draft.warn(
            "methane-missing", f"{emitted:f} kg of methane, but the materials of the waste give {expected:f} kg",
            Reading(emitted, "KGM", (expected * LEAST_DEGRADABLE, expected)),
            emits={"CH4biogenic": expected - emitted})


class LandfillGas(NamedTuple):
    """Kg of biogenic CH4 and CO2 that escape per kg of wet waste. `hidden`: the CH4 by which a usual capture would
    leave more."""

    methane: Decimal
    carbon_dioxide: Decimal
    hidden: Decimal


def gas_of(field: str, component: Component, activity: Landfill) -> LandfillGas:
    """The gas of a component.

    Formed = DOC * DOCf * MCF * F * 16/12, of it 1 - exp(-k * years) within the horizon; escaped = formed *
    (1 - captured) * (1 - oxidised in the cover) + formed * captured * (1 - destroyed by burning). All other carbon that
    decays, DOC * DOCf within the horizon, leaves as CO2. IPCC 2006 Guidelines, volume 5, equations 3.1 to 3.7 (first
    order decay), the default method of the 1996 Guidelines, and 40 CFR 98, subpart HH.

    Raises PluginError for a kind without degradable carbon in the table.
    """
    waste, values = wastes()[component.kind], parameters()
    if waste.degradable is None:
        raise invalid_activity(f"{field}.kind", component.kind, "a kind with a value of degradable carbon in waste.csv")
    formed = waste.degradable * values["decomposed"] * values[activity.site] * values["methane"] * CH4_PER_C
    decayed = waste.degradable * values["decomposed"]
    if activity.method == "firstOrderDecay" and activity.climate is not None and waste.degradable > 0:
        within = 1 - (-waste.decay[activity.climate] * activity.horizon).exp()
        formed, decayed = formed * within, decayed * within
    captured = Decimal(activity.gas_captured)
    oxidised = values["oxidised"] if activity.covered else ZERO
    methane = formed * ((1 - captured) * (1 - oxidised) + captured * (1 - values["destroyed"]))
    beyond = max(captured - MOST_CAPTURED, ZERO)
    return LandfillGas(methane, (decayed - methane / CH4_PER_C) * CO2_PER_C,
                       formed * beyond * (values["destroyed"] - oxidised))


def _check(activity: Landfill, context: Context) -> None:
    check_shares("composition", activity.composition)
    if not activity.composition:
        raise invalid_activity("composition", "empty", "the kinds of waste with their shares, or `mixed`")
    least = LEAST_HORIZON if context.sets else 1
    if activity.horizon < least:
        raise invalid_activity("horizon", activity.horizon, f"at least {least} years")
    if activity.method == "firstOrderDecay" and activity.climate is None:
        raise invalid_activity(
            "climate", activity.climate, "stated for firstOrderDecay: the rate of decay depends on it",
        )
    if activity.gas_captured != "0" and activity.site not in MANAGED:
        raise invalid_activity("gasCaptured", activity.gas_captured, f"0: a site of kind {activity.site} has no wells")


@cache
def parameters() -> dict[str, Decimal]:
    """The parameters of the site and its gas, by key; all without a unit."""
    return {row["key"]: Decimal(row["value"]) for row in rows(PACKAGE, "landfill.csv")}
