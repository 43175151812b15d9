"""A lot's figure by a method: terms that sum to the total, amounts beside it, and the parameters with their sources."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from ledger.footprint.derived.methods.catalogue import (
    CIRCULAR,
    CUT_OFF,
    END_OF_LIFE,
    MODULE_D,
    MULTI_CYCLE,
    MULTI_LIFE,
    method_named,
)
from ledger.footprint.derived.methods.describing import Method
from ledger.footprint.derived.methods.formulas import (
    Circular,
    circular_footprint,
    cumulated_use,
    cycle_average,
    end_of_life,
    module_d,
    net_output_flow,
    recycled_input,
    scrap_value,
)
from ledger.footprint.derived.methods.parameters import Settled, Source, settle
from ledger.footprint.derived.methods.published import Published
from ledger.footprint.derived.methods.subject import Material, MethodSubject

KG_CO2E: Final = "kg CO2e"


class MethodTerm(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A part of the total, kg CO2e of the whole lot."""

    name: str
    amount: float
    what: str
    material: str | None = None


class Alongside(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An amount that is shown beside the total and never added to it."""

    name: str
    amount: float
    unit: str
    what: str
    material: str | None = None


class UsedParameter(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`value`: a decimal string. `recalled`: published, but its source could not be checked."""

    name: str
    value: str
    unit: str
    source: Source
    material: str | None = None
    citation: str | None = None
    recalled: bool = False


class MethodResult(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`total`: kg CO2e of the whole lot; `total_per_unit`: of one `unit` of it."""

    method: str
    total: float
    total_per_unit: float
    unit: str
    terms: tuple[MethodTerm, ...]
    credit: str
    beside: tuple[Alongside, ...] = ()
    parameters: tuple[UsedParameter, ...] = ()
    limitations: tuple[str, ...] = ()


class MethodParts(NamedTuple):
    """The terms, and the amounts beside them, of one material or of the lot as a whole."""

    terms: Sequence[MethodTerm] = ()
    beside: Sequence[Alongside] = ()


class Numbers(NamedTuple):
    """Parameter values for the formulas. A parameter that is not needed counts as zero: its factor is zero too."""

    values: Mapping[str, float]

    def __call__(self, name: str) -> float:
        return self.values.get(name, 0.0)


def calculate(name: str, subject: MethodSubject, requested: Sequence[str], published: Published) -> MethodResult:
    """The lot's figure by the method `name`. `requested`: the parameters of the request, as NAME=VALUE.

    Raises InvalidInput as `method_named` and `settle` do.
    """
    method = method_named(name)
    settled = settle(method, subject, requested, published)
    terms: list[MethodTerm] = [_stored(subject)] if method.of == "material" else []
    beside: list[Alongside] = []
    for material, values in settled:
        numbers = Numbers({one: float(value.number) for one, value in values.items()})
        parts = OF_LOT[name](subject, numbers) if material is None else OF_MATERIAL[name](material, numbers)
        terms.extend(parts.terms)
        beside.extend(parts.beside)
    total = 0.0
    for term in terms:
        total += term.amount
    return MethodResult(
        method=method.name, total=total, total_per_unit=total / float(subject.quantity), unit=subject.unit,
        terms=tuple(terms), beside=tuple(beside), credit=method.credit, parameters=_parameters(method, settled),
        limitations=(*method.limitations, *_notes(subject, settled)),
    )


def _stored(subject: MethodSubject) -> MethodTerm:
    return MethodTerm(name="cutOff", amount=subject.footprint, what="the figure by cut-off")


def _parameters(method: Method, settled: Sequence[Settled]) -> tuple[UsedParameter, ...]:
    units = {one.name: one.unit for one in method.parameters}
    return tuple(
        UsedParameter(
            name=one, value=value.text, unit=units[one], source=value.source, citation=value.citation,
            recalled=value.recalled, material=None if material is None else material.name,
        )
        for material, values in settled for one, value in values.items()
    )


def _notes(subject: MethodSubject, settled: Sequence[Settled]) -> list[str]:
    """The limitations that follow from this lot and these parameters."""
    notes, named_mass = [], 0.0
    for material, values in settled:
        if material is None:
            continue
        named_mass += material.mass
        recalled = [one for one, value in values.items() if value.recalled]
        if recalled:
            notes.append(f"Of {material.name}, {', '.join(recalled)} could not be checked at the source.")
        if material.attributed > 0:
            notes.append(f"{material.attributed} kg of recycled {material.name} are attributed by credits of a mass "
                         "balance and are not there; they are not counted.")
    if subject.mass is not None and named_mass and subject.mass - named_mass > 1e-9 * subject.mass:
        notes.append(f"{subject.mass - named_mass} kg of the lot are of no named material; they stay as by cut-off.")
    return notes


def _term(material: Material, name: str, amount: float, meaning: str) -> MethodTerm:
    """A term of one material. `amount` is per kg of the material; adding 0.0 turns -0.0 into 0.0."""
    return MethodTerm(name=name, amount=material.mass * amount + 0.0, what=meaning, material=material.name)


def _beside(material: Material, name: str, amount: float, unit: str, meaning: str) -> Alongside:
    return Alongside(name=name, amount=amount + 0.0, unit=unit, what=meaning, material=material.name)


def _cut_off(subject: MethodSubject, _: Numbers) -> MethodParts:
    return MethodParts(terms=[_stored(subject)])


def _circular(material: Material, value: Numbers) -> MethodParts:
    p = Circular(
        r1=value("R1"), a=value("A"), ev=value("Ev"), erec=value("Erec"), qsin=value("Qsin"), r2=value("R2"),
        erec_eol=value("ErecEoL"), ev_star=value("EvStar"), qsout=value("Qsout"), b=value("B"), r3=value("R3"),
        eer=value("EER"), lhv=value("LHV"), heat_share=value("XERheat"), heat=value("ESEheat"),
        power_share=value("XERelec"), power=value("ESEelec"), ed=value("Ed"),
    )
    whole = circular_footprint(p)
    terms = (
        ("recycledInput", recycled_input(p), "savings by recycled content, less the user's part"),
        ("recyclingOutput", whole.recycling_out, "recycling after use, less the primary material that it saves"),
        ("energyRecovery", whole.energy, "energy recovery after use, less the energy that it saves"),
        ("disposal", whole.disposal, "disposal of the rest"),
    )
    return MethodParts(terms=[_term(material, name, amount, meaning) for name, amount, meaning in terms])


def _end_of_life(material: Material, value: Numbers) -> MethodParts:
    worth = scrap_value(value("Y"), value("Xpr"), value("Xre"))
    return MethodParts(terms=[
        _term(material, "scrapInput", end_of_life(0.0, value("S"), worth), "borne for the scrap that went in"),
        _term(material, "scrapOutput", end_of_life(value("RR"), 0.0, worth),
              "credited for the scrap recovered at the end of life"),
    ])


def _module_d(material: Material, value: Numbers) -> MethodParts:
    net = net_output_flow(value("MMRout"), value("MMRin"))
    amount = module_d(net, value("EMR"), value("EVMSub"), value("Q"))
    return MethodParts(beside=[
        _beside(material, "netOutputFlow", material.mass * net, "kg",
                "material that leaves for recycling, less the recycled input"),
        _beside(material, "moduleD", material.mass * amount, KG_CO2E,
                "loads (above zero) or benefits (below) beyond the boundary"),
    ])


def _multi_cycle(material: Material, value: Numbers) -> MethodParts:
    uses = int(value("n")) or None
    primary, recycled, rate = value("Xpr"), value("Xre"), value("R")
    own = (1.0 - value("R1")) * primary + value("R1") * recycled
    average = cycle_average(rate, primary, recycled, uses)
    return MethodParts(
        terms=[
            _term(material, "ownMaking", -own, "making the material as it is in this lot, taken out"),
            _term(material, "averageMaking", average, "making the material on the average of all its uses"),
        ],
        beside=[
            _beside(material, "cumulatedUse", cumulated_use(rate, uses), "kg/kg",
                    "use that a kg of primary material gives in these uses"),
            _beside(material, "endlessUse", cumulated_use(rate, None), "kg/kg",
                    "use that a kg of primary material gives in endless uses"),
        ],
    )


def _multi_life(subject: MethodSubject, value: Numbers) -> MethodParts:
    rate, quantity = value("r"), float(subject.quantity)
    return MethodParts(
        terms=[
            MethodTerm(name="new", amount=quantity * ((1.0 - rate) * value("new")), what="making anew, by its part"),
            MethodTerm(
                name="remanufactured", amount=quantity * (rate * value("reman")), what="remanufacturing, by its part"
            ),
        ],
        beside=[Alongside(name="cutOff", amount=subject.footprint, unit=KG_CO2E, what="the figure by cut-off")],
    )


OF_LOT: Final[Mapping[str, Callable[[MethodSubject, Numbers], MethodParts]]] = {
    CUT_OFF.name: _cut_off, MULTI_LIFE.name: _multi_life,
}
OF_MATERIAL: Final[Mapping[str, Callable[[Material, Numbers], MethodParts]]] = {
    CIRCULAR.name: _circular, END_OF_LIFE.name: _end_of_life, MODULE_D.name: _module_d, MULTI_CYCLE.name: _multi_cycle,
}
"""The functions that compute the methods: OF_LOT from the lot as a whole, OF_MATERIAL for each material, in addition to
the cut-off figure."""
