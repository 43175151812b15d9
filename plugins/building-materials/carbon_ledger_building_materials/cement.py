"""Cement: clinker ground with gypsum, slag, fly ash, limestone and other main constituents."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Literal

from carbon_ledger_building_materials.common import Plant, check_compositions, factors, made, waste_used
from ledger.sdk import (
    KG_PER_T,
    ZERO,
    Assessment,
    Context,
    Draft,
    InputFacts,
    Lack,
    Limits,
    Name,
    Part,
    Reading,
    Shortfall,
    draft_with_energy,
    follow_composition,
    invalid_activity,
    is_energy,
    matter_in,
    used_up,
    warn_unaccounted,
)

Kind = Literal["clinker", "slag", "flyAsh", "pozzolana", "calcinedClay", "limestone", "gypsum", "silicaFume", "other"]
KINDS: Final = ("clinker", "slag", "flyAsh", "pozzolana", "calcinedClay", "limestone", "gypsum", "silicaFume")
"""Constituents, by the names of supplies and of materials in lots."""

CementType = Literal["PI", "PII", "PO", "PSA", "PSB", "PP", "PF", "PC"]
# GB 175: mass fraction of clinker and gypsum by type; half a per cent is the tolerance for weighing and grinding aids.
CLINKER_AND_GYPSUM: Final[Mapping[str, Limits]] = {
    "PI": (Decimal("0.995"), Decimal(1)), "PII": (Decimal("0.95"), Decimal(1)),
    "PO": (Decimal("0.80"), Decimal("0.95")),
    "PSA": (Decimal("0.50"), Decimal("0.80")), "PSB": (Decimal("0.30"), Decimal("0.50")),
    "PP": (Decimal("0.60"), Decimal("0.80")), "PF": (Decimal("0.60"), Decimal("0.80")),
    "PC": (Decimal("0.50"), Decimal("0.80")),
}
# SO3 is limited to 3.5 %, 4 % with slag; gypsum of 40 % SO3 then is at most a tenth.
MOST_GYPSUM: Final = Decimal("0.10")
# EN 197-1 admits 35 % of limestone, GB 175 less.
MOST_LIMESTONE: Final = Decimal("0.35")
# Blast furnace cement holds at least 5 % of clinker; the world average is 75 %.
LEAST_CLINKER: Final = Decimal("0.05")
MOST_BY_KIND: Final[Mapping[str, Decimal]] = {
    "slag": Decimal("0.95"), "flyAsh": Decimal("0.35"), "pozzolana": Decimal("0.35"), "calcinedClay": Decimal("0.35"),
    "limestone": MOST_LIMESTONE, "silicaFume": Decimal("0.10"),
}
"""Kg per kg of cement of a type that nobody states: EN 197-1 has 35 % of ash and pozzolana in CEM II, and in CEM IV,
which is seldom, 55 %; only blast furnace cement has less clinker than half."""
MOST_FILLERS: Final = Decimal("0.5")
"""All but slag together: half clinker, 30 % of calcined clay and 15 % of limestone (LC3-50)."""
USUAL_PART: Final = Decimal("0.5")
"""Of the most: CEM II has 6 to 35 % of ash."""
PROOFS: Final = ("analysis", "compositionAnalysis", "declarationOfPerformance", "deliveryNote")
"""Kinds of evidence for cement of more ash, clay, limestone or pozzolana."""
# Mills take 25 to 45 kWh per t, slag ground fine 60; with drying and packing not more than 120.
LEAST_POWER: Final = Decimal(25)
USUAL_POWER: Final = Decimal(120)
# Slag and gypsum come with up to a tenth of water.
LOSS: Final = Decimal("0.10")


class Component(Part, frozen=True, kw_only=True):
    """The kind of a lot whose composition does not tell it."""

    lot: Name
    kind: Kind


class Cement(Plant, frozen=True, kw_only=True):
    """How cement was ground; every field may be left out.

    Lots or supplies: `clinker`, `slag`, `flyAsh`, `pozzolana`, `calcinedClay`, `limestone`, `gypsum`, `silicaFume`;
    supplies of `electricity`, standard fuels (drying), `heat`, `steam`; `grindingAid` and others are left to the core.
    Slag, fly ash and gypsum of flue gas that are waste come as lots of waste: then they are recycled content.
    `components`: kinds of lots that their composition does not tell. `cement_type`: of GB 175.
    """

    components: tuple[Component, ...] = ()
    cement_type: CementType | None = None


def assess(context: Context, activity: Cement) -> Assessment:
    """Power and fuels; constituents go to outputs by declared compositions. Clinker ratio = clinker / cement.

    GB/T 32151.8: grinding has no emissions from materials; clinker brings its own. Raises PluginError for a component
    that is no lot of the record.
    """
    draft, power = draft_with_energy(context, activity)
    parts = constituents(context, activity)
    cement = made(context)
    _omit_clinker(draft, context)
    if cement == 0:
        draft.find("no-cement", "no product or co-product has a mass", refuses=True)
        return draft.assessment()
    _check_ratio(draft, parts["clinker"], cement)
    _check_parts(draft, activity, parts, cement)
    if context.questions and activity.cement_type is None:
        _check_untyped(draft, context, parts, cement)
    follow_composition(draft, context)
    check_compositions(draft, context)
    _check_work(draft, context, power, cement)
    charged = matter_in(context)
    draft.indicate("cement", cement / KG_PER_T)
    draft.indicate("clinkerRatio", parts["clinker"] / cement)
    draft.indicate("electricityPerTonne", power / cement * KG_PER_T)
    draft.indicate("energyPerTonne", draft.megajoules / cement * KG_PER_T)
    draft.indicate("solidWasteUsed", waste_used(context) / KG_PER_T)
    if charged > 0:
        draft.indicate("solidWasteContent", waste_used(context) / charged)
    return draft.assessment()


def constituents(context: Context, activity: Cement) -> dict[str, Decimal]:
    """Kg of each constituent, from lots and supplies. A lot's materials count in their parts (cement ground again)."""
    kinds = {named.lot: named.kind for named in activity.components}
    for lot in kinds:
        if all(taken.lot != lot for taken in context.inputs):
            raise invalid_activity("components", lot, "a lot of this record")
    parts = dict.fromkeys((*KINDS, "other"), ZERO)
    for taken in context.inputs:
        if not is_energy(taken.quantity):
            for kind, mass in _parts_of(taken, kinds.get(taken.lot)).items():
                parts[kind] += mass
    for supply in context.supplied(*KINDS):
        parts[supply.name_in(KINDS) or "other"] += supply.amount("KGM")
    return parts


def _parts_of(taken: InputFacts, kind: str | None) -> dict[str, Decimal]:
    mass = taken.mass or ZERO
    if kind is not None:
        return {kind: mass}
    parts = {name: mass * share for name, share in taken.materials.items() if name in KINDS}
    return {**parts, "other": mass - sum(parts.values(), ZERO)}


def _omit_clinker(draft: Draft, context: Context) -> None:
    """Unpriced clinker is the largest omission that cement can have, so it gets an estimate, the world average."""
    bought = sum((supply.amount("KGM") for supply in context.supplied("clinker") if not supply.priced), ZERO)
    if bought > 0:
        draft.omit("clinker upstream", bought / KG_PER_T * factors().find("clinker").value)


def _check_ratio(draft: Draft, clinker: Decimal, cement: Decimal) -> None:
    ratio = clinker / cement
    if ratio > 1:
        draft.find(
            "clinker-ratio", f"{clinker:.6g} kg of clinker in {cement:.6g} kg of cement: the ratio is at most 1",
            refuses=True,
        )
    elif ratio < LEAST_CLINKER:
        draft.warn("clinker-ratio", f"{ratio:.3g} of clinker in cement: usual are {LEAST_CLINKER} to 1",
                   Reading(ratio, "kg/kg", (LEAST_CLINKER, Decimal(1))))


def _check_parts(draft: Draft, activity: Cement, parts: Mapping[str, Decimal], cement: Decimal) -> None:
    for kind, most in (("gypsum", MOST_GYPSUM), ("limestone", MOST_LIMESTONE)):
        if parts[kind] > cement * most:
            draft.warn(f"{kind}-unusual", f"{parts[kind] / cement:.3g} of {kind} in cement: usual is up to {most}",
                       Reading(parts[kind] / cement, "kg/kg", (ZERO, most)))
    if activity.cement_type is not None:
        share = (parts["clinker"] + parts["gypsum"]) / cement
        least, most = CLINKER_AND_GYPSUM[activity.cement_type]
        if not least <= share <= most:
            name = activity.cement_type
            draft.warn("cement-type", f"{share:.3g} of clinker and gypsum; GB 175 has {least} to {most} for {name}",
                       Reading(share, "kg/kg", (least, most)),
                       lacks=Shortfall("clinker", "KGM", cement).below(least, share))


def _check_untyped(draft: Draft, context: Context, parts: Mapping[str, Decimal], cement: Decimal) -> None:
    """Cement of a type that nobody states has usual parts of each constituent: the excess is clinker by another name,
    unless a document shows it. Concrete sets by half of clinker, or by slag."""
    usual = {kind: most * cement * USUAL_PART for kind, most in MOST_BY_KIND.items()}
    beyond = sum((parts[kind] - usual[kind] for kind, most in MOST_BY_KIND.items()
                  if parts[kind] > most * cement), ZERO)
    fillers = sum((parts[kind] for kind in MOST_BY_KIND if kind != "slag"), ZERO)
    if fillers > MOST_FILLERS * cement:
        beyond = max(beyond, fillers - MOST_FILLERS * cement * USUAL_PART)
    if beyond and not context.shows(*PROOFS):
        share = parts["clinker"] / cement
        draft.warn(
            "constituents-unusual", f"{beyond:.6g} kg of constituents exceed their usual parts of {cement:.6g} kg of "
            "cement, and neither a type nor a document shows them: they may be clinker",
            Reading(share, "kg/kg", (share + beyond / cement, Decimal(1))),
            lacks=(Lack("clinker", beyond, "KGM"),),
        )


def _check_work(draft: Draft, context: Context, power: Decimal, cement: Decimal) -> None:
    """Warns only: the meter reading of a provisional record may still be missing."""
    if power == 0:
        draft.warn("grinding-missing", "mills run on electricity, but none is supplied",
                   Reading(ZERO, "kWh/t", (LEAST_POWER, USUAL_POWER)),
                   lacks=Shortfall("electricity", "KWH", cement / KG_PER_T).below(LEAST_POWER, ZERO))
    elif power / cement * KG_PER_T > USUAL_POWER:
        draft.warn("electricity-unusual", f"{power / cement * KG_PER_T:.4g} kWh per t of cement",
                   Reading(power / cement * KG_PER_T, "kWh/t", (LEAST_POWER, USUAL_POWER)))
    came = matter_in(context)
    if context.mass_out() < came * (1 - LOSS):
        missing = came - context.mass_out()
        warn_unaccounted(draft, missing, f"{missing:.6g} kg of what was charged are in no output",
                         "landfillMineral", used_up(context), (came - used_up(context)) * LOSS)
