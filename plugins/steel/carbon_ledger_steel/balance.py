"""The carbon balance of one process: carbon that does not leave with an output has left as CO2.

    CO2 = 44/12 * (sum of carbon in - sum of carbon in outputs)

IPCC 2006 Guidelines, volume 3, 4.2.2 (Tier 2: coke, sinter, iron and steel, direct reduced iron), and the mass balance
of Regulation (EU) 2025/2547, annex II. GB/T 32151.5 has the same terms for a whole enterprise, but leaves a share of
the fuels' carbon unburnt; here that share leaves with dust or ash, which are outputs and state their carbon.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_steel.entering import Entering, Held, entering, held, megajoules_per_kg
from carbon_ledger_steel.furnace import ORES, Charge
from carbon_ledger_steel.named import assign_named, gas_carbon, gas_megajoules
from carbon_ledger_steel.process import Process, check_analyses
from ledger.sdk import CO2_PER_C, PRODUCT_ROLES, ZERO, Context, Draft, OutputFacts, book_energy, standard_fuels

CARBON_MJ: Final = Decimal("32.8")
"""MJ per kg of carbon that burns to CO2."""

CARBONATES: Final = ("limestone", "dolomite")

_GAS_CARBON_TOLERANCE: Final = Decimal("1.15")


class Balanced(NamedTuple):
    """A process whose carbon and energy are booked: kg CO2 `emitted` on site, kWh of `power`, and all that entered."""

    emitted: Decimal
    power: Decimal
    came: tuple[Entering, ...]

    def mass(self, *materials: str) -> Decimal:
        """Kg of these fuels or reductants that came in, as supplies and as lots."""
        return sum((one.mass for one in self.came if one.material in materials), ZERO)

    def megajoules(self, *materials: str) -> Decimal:
        """MJ of these fuels or reductants; of all without arguments."""
        return sum((one.megajoules for one in self.came if one.material in materials or not materials), ZERO)

    @property
    def carbon(self) -> Decimal:
        """Kg of carbon that came in."""
        return sum((one.fossil + one.biogenic for one in self.came), ZERO)


class _Leaving(NamedTuple):
    carbon: Decimal
    declared: bool = True
    factor: str | None = None
    recalled: bool = False


def balance(
    draft: Draft, context: Context, activity: Process, *, usual: str, charge: Sequence[Charge] = (),
    granulated: bool = False,
) -> Balanced:
    """Books energy, carbon and named outputs of a process. Products without materials are of the material `usual`.

    Finds more carbon going out than came in. Raises PluginError for an impossible activity.
    """
    check_analyses(activity, context)
    came = entering(context, activity.analyses, charge)
    burnt = frozenset(one.supply.index for one in came if one.supply is not None)
    power = book_energy(draft, _without(context, burnt), renewable_share=Decimal(activity.renewable_share))
    _book_heat(draft, context, activity, came)
    _price(draft, came)
    leaving = [_leaving(output, activity, usual) for output in context.outputs]
    leaving = _within(draft, came, leaving)
    _subtract(draft, came, leaving)
    _follow(draft, context, leaving)
    emitted = draft.emitted("onSite") + sum((one.fossil * CO2_PER_C for one in came if one.counted), ZERO)
    _check_gas(draft, context, activity, came, leaving)
    assign_named(draft, context, activity.waste_gases, activity.slags, granulated=granulated)
    return Balanced(emitted, power, came)


def _without(context: Context, indexes: frozenset[int]) -> Context:
    """The record without the supplies that the balance itself counts."""
    facts = {name: getattr(context, name) for name in context.__struct_fields__}
    others = tuple(supply for supply in context.supplies if supply.index not in indexes)
    return Context(**{**facts, "supplies": others})


def _book_heat(draft: Draft, context: Context, activity: Process, came: Sequence[Entering]) -> None:
    """Books the heat of fuels less the heat of products that are fuels: a coke works uses the heat that it does not
    pass on. A converter also passes on heat from the carbon of its metal; the booked heat is never negative."""
    whole = sum((entered.megajoules for entered in came), ZERO)
    metal = sum(
        (entered.fossil for entered in came if entered.megajoules == 0 and entered.source not in CARBONATES), ZERO
    )
    left = gas_megajoules(context, activity.waste_gases)
    for output in context.outputs:
        left += _heat_of(output, activity)
    if left > whole + metal * CARBON_MJ:
        draft.find("energy-balance", f"outputs hold {left:f} MJ of fuel, {whole:f} MJ came in", refuses=True)
    used_share = max(1 - left / whole, ZERO) if whole else ZERO
    for entered in came:
        carbon = entered.fossil + entered.biogenic
        grown = entered.biogenic / carbon if carbon else ZERO
        draft.energy(entered.source, entered.megajoules * used_share * grown, renewable=True)
        draft.energy(entered.source, entered.megajoules * used_share * (1 - grown))


def _heat_of(output: OutputFacts, activity: Process) -> Decimal:
    """MJ of an output that is counted by mass and is a fuel, or is gas that takes its carbon along."""
    if output.mass is None:
        return ZERO
    megajoules = sum((output.mass * share * megajoules_per_kg(name) for name, share in output.materials.items()), ZERO)
    gas = any(gas.lot == output.lot for gas in activity.waste_gases)
    return output.heating_value if (megajoules or gas) and output.heating_value is not None else megajoules


def _price(draft: Draft, came: Sequence[Entering]) -> None:
    for entered in came:
        if not entered.counted:
            draft.carbon(
                entered.source, entered.fossil * CO2_PER_C, primary=entered.primary, factor=entered.factor,
                recalled=entered.recalled, ratings=(1, 1, 1) if entered.primary else (2, 2, 2), supply=entered.supply,
            )
        draft.release_biogenic(
            entered.source, entered.biogenic * CO2_PER_C, primary=entered.primary, factor=entered.factor,
            recalled=entered.recalled, supply=entered.supply,
        )
        supply = entered.supply
        if supply is not None and not supply.priced and not supply.nature and entered.fossil + entered.biogenic > 0:
            draft.omit(f"{entered.source} upstream")


def _leaving(output: OutputFacts, activity: Process, usual: str) -> _Leaving:
    mass = output.mass or ZERO
    if output.fossil_carbon > 0 or output.biogenic_carbon > 0:
        return _Leaving(mass * (output.fossil_carbon + output.biogenic_carbon))
    if any(gas.lot == output.lot for gas in activity.waste_gases):
        return _Leaving(ZERO)
    contents = [held(name, mass * share) for name, share in output.materials.items()]
    if not output.materials and output.role in PRODUCT_ROLES and output.lot not in _named(activity):
        contents = [held(usual, mass)]
    return _together(contents)


def _named(activity: Process) -> frozenset[str]:
    return frozenset(slag.lot for slag in activity.slags)


def _together(contents: Sequence[Held]) -> _Leaving:
    factors = sorted({one.factor for one in contents if one.factor})
    return _Leaving(
        sum((one.carbon for one in contents), ZERO), declared=False, factor=" ".join(factors) or None,
        recalled=any(one.recalled for one in contents),
    )


def _within(draft: Draft, came: Sequence[Entering], leaving: Sequence[_Leaving]) -> list[_Leaving]:
    """More declared carbon than came in refuses. A default is no evidence: it is reduced to the carbon that remains."""
    carbon = sum((one.fossil + one.biogenic for one in came), ZERO)
    declared = sum((one.carbon for one in leaving if one.declared), ZERO)
    usual = sum((one.carbon for one in leaving if not one.declared), ZERO)
    if declared > carbon:
        draft.find("carbon-balance", f"outputs hold {declared:f} kg of carbon, {carbon:f} kg came in", refuses=True)
        return list(leaving)
    rest = carbon - declared
    if usual <= rest:
        return list(leaving)
    if carbon > 0:
        draft.find("carbon-defaults", f"by defaults outputs hold {declared + usual:f} kg of carbon, {carbon:f} kg came "
                   "in: say what was analysed")
    return [one if one.declared else one._replace(carbon=one.carbon * rest / usual) for one in leaving]


def _subtract(draft: Draft, came: Sequence[Entering], leaving: Sequence[_Leaving]) -> None:
    """Carbon in outputs is fossil in the same share as the carbon that came in."""
    carbon = sum((part.fossil + part.biogenic for part in came), ZERO)
    fossil = sum((part.fossil for part in came), ZERO) / carbon if carbon else ZERO
    for part in leaving:
        draft.carbon(
            "fixedCarbon", -part.carbon * fossil * CO2_PER_C, primary=part.declared, factor=part.factor,
            recalled=part.recalled, ratings=(1, 1, 1) if part.declared else (2, 2, 2),
        )
        draft.release_biogenic(
            "fixedCarbon", -part.carbon * (1 - fossil) * CO2_PER_C if carbon else ZERO, primary=part.declared,
            factor=part.factor, recalled=part.recalled,
        )


def _follow(draft: Draft, context: Context, leaving: Sequence[_Leaving]) -> None:
    """Carbon of input lots goes where the balance says, not by mass; fuel and ore are used up."""
    for material in sorted({name for taken in context.inputs for name in taken.materials}):
        if material in ORES or megajoules_per_kg(material) > 0 or material in standard_fuels():
            came = sum(((taken.mass or ZERO) * taken.materials.get(material, ZERO) for taken in context.inputs), ZERO)
            left = [(output.mass or ZERO) * output.materials.get(material, ZERO) for output in context.outputs]
            if came > 0:
                whole_mass = max(came, sum(left, ZERO))
                draft.follow(f"material:{material}", [mass / whole_mass for mass in left])
    lots = sum(((taken.mass or ZERO) * taken.fossil_carbon for taken in context.inputs), ZERO)
    whole = max(lots, sum((one.carbon for one in leaving), ZERO))
    if lots > 0:
        draft.follow("fossilCarbon", [one.carbon / whole for one in leaving])
    if any("C" in taken.elements for taken in context.inputs):
        came = sum(((taken.mass or ZERO) * taken.elements.get("C", ZERO) for taken in context.inputs), ZERO)
        whole = max(came, sum((one.carbon for one in leaving), ZERO))
        draft.follow("element:C", [one.carbon / whole if whole else ZERO for one in leaving])


def _check_gas(
    draft: Draft, context: Context, activity: Process, came: Sequence[Entering], leaving: Sequence[_Leaving]
) -> None:
    """Gas whose carbon stays here cannot hold more carbon than remains. Its carbon is a default per MJ; the gas of a
    furnace that runs on much coal holds up to a tenth less, hence the tolerance."""
    left = sum((one.fossil + one.biogenic for one in came), ZERO) - sum((one.carbon for one in leaving), ZERO)
    in_gas = gas_carbon(context, activity.waste_gases)
    if in_gas > max(left * _GAS_CARBON_TOLERANCE, ZERO):
        draft.find("gas-carbon", f"waste gas holds about {in_gas:.0f} kg of carbon of {left:.0f} kg", refuses=True)
