"""The carbon mass balance of GB/T 32151.10: carbon that comes with feedstocks and lots, less carbon that leaves.

    E = (sum of feed * carbon content - sum of product * carbon content - sum of waste * carbon content) * 44/12

All of the net carbon counts as CO2. A feedstock is never burnt as well: if a material is both feedstock and fuel, this
balance counts all of it, so its carbon counts once. Fuels that are no feedstock follow the fuel formula.
"""

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from carbon_ledger_petrochemicals.substances import carbon_share, known, substances
from ledger.sdk import (
    CO2_PER_C,
    ZERO,
    Activity,
    Context,
    Draft,
    Fraction,
    FuelAnalysis,
    InputFacts,
    Key,
    OutputFacts,
    PluginError,
    SupplyFacts,
    analysis_of,
    book_energy,
    follow_composition,
    fuel_of,
    invalid_activity,
    is_energy,
    standard_fuels,
)

# Flow meters and chromatographs of a chemical plant are each accurate to 1 %; a larger difference is a wrong stream.
CARBON_TOLERANCE: Final = Decimal("0.02")


class Process(Activity, frozen=True, kw_only=True):
    """Fields of every route.

    `feedstocks`: materials of supplies that are converted instead of burnt; the route's usual ones if absent.
    `analyses`: of fuels and feedstocks, by the site: heating value, carbon, biogenic share.
    `renewable_share`: of the electricity that comes as lots.
    """

    feedstocks: tuple[Key, ...] = ()
    analyses: tuple[FuelAnalysis, ...] = ()
    renewable_share: Fraction = "0"


class Carbon(NamedTuple):
    """Kg of carbon."""

    fossil: Decimal = ZERO
    biogenic: Decimal = ZERO

    @property
    def total(self) -> Decimal:
        return self.fossil + self.biogenic

    def plus(self, other: "Carbon") -> "Carbon":
        return Carbon(self.fossil + other.fossil, self.biogenic + other.biogenic)


class Plant(NamedTuple):
    """A record in assessment: the draft with energy booked, electricity in kWh, feedstocks, and the carbon that came
    in.

    `recalled`: whether a carbon content has a source that was not checked. `usual`: whether a fuel's carbon is a
    default of a table.
    """

    draft: Draft
    context: Context
    power: Decimal
    feeds: tuple[SupplyFacts, ...]
    carbon: Carbon
    recalled: bool
    usual: bool = False


def begin(
    context: Context, activity: Process, usual: Collection[str], *, converted: bool = False, own: Collection[str] = (),
) -> Plant:
    """Prices and books energy without the feedstocks, and counts the carbon of feedstocks and lots.

    `converted`: the heating value of feedstocks, in supplies and lots, counts as energy used (ammonia, methanol,
    hydrogen); in refining and cracking it leaves with the products. `own`: fuels made on the site, for which analyses
    are allowed. Raises PluginError for feedstocks and analyses of materials that are not supplied.
    """
    feeds = _feeds(context, activity, usual)
    named = {feed.material for feed in feeds}
    draft = Draft(context)
    power = book_energy(
        draft, _without(context, named), renewable_share=Decimal(activity.renewable_share),
        analyses=[one for one in activity.analyses if one.material not in named and one.material not in own],
    )
    total, recalled, usual_carbon = Carbon(), False, False
    for feed in feeds:
        analysis = analysis_of(feed.material, activity.analyses)
        carbon, flagged = _bring(draft, feed, analysis, converted=converted)
        total, recalled = total.plus(carbon), recalled or flagged
        usual_carbon |= (analysis is not None or feed.name_in(standard_fuels()) is not None) and not (
            fuel_of(feed, analysis).measured
        )
    for taken in context.inputs:
        if not is_energy(taken.quantity):
            total, recalled = total.plus(_of_lot(draft, taken)), recalled or _recalled(taken)
            if converted and draft.questions:
                _book_heat(draft, taken)
    return Plant(draft, context, power, feeds, total, recalled, usual_carbon)


def _feeds(context: Context, activity: Process, usual: Collection[str]) -> tuple[SupplyFacts, ...]:
    for i, material in enumerate(activity.feedstocks):
        if not context.supplied(material):
            raise invalid_activity(f"feedstocks[{i}]", material, "the material of a supply of this record")
    return context.supplied(*(activity.feedstocks or usual))


def _without(context: Context, materials: Collection[str]) -> Context:
    others = tuple(supply for supply in context.supplies if supply.material not in materials)
    return Context(**{name: getattr(context, name) for name in context.__struct_fields__} | {"supplies": others})


def _bring(
    draft: Draft, feed: SupplyFacts, analysis: FuelAnalysis | None, *, converted: bool
) -> tuple[Carbon, bool]:
    """The carbon of a feedstock, and whether its source is recalled; books its heating value if it is converted."""
    if feed.combustion is not None:
        draft.find(
            "feedstock-burnt", f"the factor of {feed.material} includes its combustion, but it is a feedstock: use "
            "a factor without combustion",
            refuses=True,
        )
    if analysis is not None or feed.name_in(standard_fuels()):
        fuel = fuel_of(feed, analysis)
        megajoules = fuel.amount_of(feed) * fuel.megajoules
        if converted:
            draft.energy(feed.material, megajoules * fuel.biogenic, renewable=True)
            draft.energy(feed.material, megajoules * (1 - fuel.biogenic))
        whole = megajoules * fuel.carbon_content
        return Carbon(whole * (1 - fuel.biogenic), whole * fuel.biogenic), fuel.recalled
    substance = substances().get(feed.name_in(substances()) or "")
    if substance is None:
        raise PluginError(
            f"the carbon of {feed.material} is not known", code="no-factor",
            field=f"supplies[{feed.index}].material", value=feed.material,
            rule="a standard fuel, a substance of this sector, or a material with an analysis",
        )
    mass = feed.amount("KGM")
    if converted:
        draft.energy(feed.material, mass * substance.heating_value)
    return Carbon(mass * substance.carbon), substance.recalled


def _of_lot(draft: Draft, taken: InputFacts) -> Carbon:
    mass = taken.mass or ZERO
    if taken.fossil_carbon or taken.biogenic_carbon:
        return Carbon(mass * taken.fossil_carbon, mass * taken.biogenic_carbon)
    share = carbon_share(taken)
    if share is None or not known(taken.materials):
        draft.find("carbon-unstated", f"lot {taken.lot} states no carbon: what is not known counts as none")
    return Carbon(mass * (share or ZERO))


def _book_heat(draft: Draft, taken: InputFacts) -> None:
    """Books the heating value of a lot by its materials. Routes count hydrogen themselves."""
    carbon = taken.fossil_carbon + taken.biogenic_carbon
    grown = taken.biogenic_carbon / carbon if carbon else ZERO
    for name, share in taken.materials.items():
        if name != "hydrogen":
            megajoules = _heat_of(name, share, taken)
            draft.energy(name, megajoules * grown, renewable=True)
            draft.energy(name, megajoules * (1 - grown))


def _heat_of(name: str, share: Decimal, taken: InputFacts) -> Decimal:
    """MJ of a material in a lot: by its mass, or a gas without other materials by its volume."""
    fuel, unit = standard_fuels().get(name), taken.quantity.unit
    if fuel is not None and fuel.unit == unit == "NM3" and share == 1:
        return taken.quantity.amount * fuel.megajoules
    return (taken.mass or ZERO) * share * substances()[name].heating_value if name in substances() else ZERO


def carbon_held(output: OutputFacts, biogenic: Decimal) -> Carbon:
    """Kg of carbon in an output: as its product declares, else by its materials with the share `biogenic`."""
    mass = output.mass or ZERO
    if output.fossil_carbon or output.biogenic_carbon:
        return Carbon(mass * output.fossil_carbon, mass * output.biogenic_carbon)
    whole = mass * (carbon_share(output) or ZERO)
    return Carbon(whole * (1 - biogenic), whole * biogenic)


def outputs_carbon(plant: Plant) -> list[Carbon]:
    """Kg of carbon in each output; warns of an output without a carbon content: its carbon counts as emitted."""
    share = plant.carbon.biogenic / plant.carbon.total if plant.carbon.total else ZERO
    for output in plant.context.outputs:
        stated = output.fossil_carbon or output.biogenic_carbon or known(output.materials)
        if not stated and output.mass and not is_energy(output.quantity):
            plant.draft.find("carbon-unstated", f"output {output.lot} states no carbon: it counts as emitted")
    return [carbon_held(output, share) for output in plant.context.outputs]


def balance(plant: Plant, source: str, elsewhere: Decimal = ZERO) -> Decimal:
    """Adds the line of the net fossil carbon as CO2, follows carbon and matter, and returns the kg of CO2.

    `elsewhere`: kg of carbon in other lines of this record (methane). Finds more carbon out than in.
    """
    holds = outputs_carbon(plant)
    out = Carbon(sum((one.fossil for one in holds), ZERO), sum((one.biogenic for one in holds), ZERO))
    check_carbon(plant, out)
    emitted = max(plant.carbon.fossil - out.fossil - elsewhere, ZERO) * CO2_PER_C
    recalled = plant.recalled or any(_recalled(output) for output in plant.context.outputs)
    primary = is_primary(plant)
    ratings = (1, 1, 1) if primary else (2, 2, 2)
    plant.draft.carbon(source, emitted, recalled=recalled, primary=primary, ratings=ratings)
    plant.draft.release_biogenic(
        source, max(plant.carbon.biogenic - out.biogenic, ZERO) * CO2_PER_C, recalled=recalled, primary=primary,
        ratings=ratings,
    )
    follow(plant, holds)
    return emitted


def is_primary(plant: Plant) -> bool:
    """Whether carbon emissions are primary data: the site analysed its fuels. Carbon of pure substances follows from
    their formula. Under rules without factor sets, they count as primary in any case."""
    return not (plant.context.sets and plant.usual)


def check_carbon(plant: Plant, out: Carbon) -> None:
    """Refuses outputs that hold more carbon, or more biogenic carbon, than came in; warns within the tolerance."""
    came = plant.carbon
    for kind, left, entered in (("", out.total, came.total), ("biogenic ", out.biogenic, came.biogenic)):
        if left > entered:
            plant.draft.find(
                "carbon-balance", f"outputs hold {left:f} kg of {kind}carbon, but {entered:f} kg came in",
                refuses=left > entered * (1 + CARBON_TOLERANCE),
            )


def follow(plant: Plant, holds: Sequence[Carbon]) -> None:
    """Materials and elements by declared composition; carbon of lots by each output's part of all carbon."""
    follow_composition(plant.draft, plant.context)
    for content, came, parts in (
        ("fossilCarbon", plant.carbon.fossil, [one.fossil for one in holds]),
        ("biogenicCarbon", plant.carbon.biogenic, [one.biogenic for one in holds]),
    ):
        whole = max(came, sum(parts, ZERO))
        if whole > 0:
            plant.draft.follow(content, [part / whole for part in parts])


def _recalled(item: InputFacts | OutputFacts) -> bool:
    if item.fossil_carbon or item.biogenic_carbon:
        return False
    table = substances()
    return any(name in table and table[name].recalled for name in item.materials)


def direct_emissions(plant: Plant) -> Decimal:
    """Kg of CO2 that left the site, with the combustion factors of supplies."""
    burnt = sum((supply.combustion or ZERO for supply in plant.context.supplies), ZERO)
    return plant.draft.emitted("onSite") + burnt
