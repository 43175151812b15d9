"""An installation in a reporting period, as its file says: source streams, PFC, processes, precursors.

Masses are t, energies TJ or MWh, emissions t CO2e, factors t CO2 per TJ or per t, carbon t per t; shares are per cent
where the name says so.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal

from ledger.sdk import Document, invalid_field, spelled

NONE: Final = Decimal(0)
WHOLE: Final = Decimal(100)


class SourceStream(Document, frozen=True):
    """A fuel or a material; `activity` in t is negative for what leaves. Absent shares mean no biomass, and all of it
    oxidised or converted."""

    name: str
    method: Literal["combustion", "process", "massBalance"]
    activity: Decimal
    ncv: Decimal | None = None
    emission_factor: Decimal | None = None
    emission_factor_unit: Literal["tCO2/TJ", "tCO2/t"] | None = None
    carbon_content: Decimal | None = None
    biomass_percent: Decimal = NONE
    oxidation_percent: Decimal = WHOLE
    conversion_percent: Decimal = WHOLE


class Perfluorocarbons(Document, frozen=True):
    """Anode effects of aluminium electrolysis by the slope method: effects per cell and day, minutes of each, kg CF4
    per t of aluminium for each minute per cell and day, kg C2F6 per kg CF4; `collectionEfficiency` from 0 to 1."""

    production_tonnes: Decimal
    anode_effects_per_cell_day: Decimal
    minutes_per_anode_effect: Decimal
    slope_emission_factor: Decimal
    c2f6_weight_fraction: Decimal = spelled("c2f6WeightFraction")
    method: Literal["slope"] = "slope"
    collection_efficiency: Decimal = Decimal(1)


class Heat(Document, frozen=True):
    """Measurable heat over the border of a process, TJ, and its t CO2 per TJ."""

    imported: Decimal = spelled("importTJ", NONE)
    import_factor: Decimal = NONE
    exported: Decimal = spelled("exportTJ", NONE)
    export_factor: Decimal = NONE


class WasteGas(Document, frozen=True):
    """Waste gas over the border of a process, TJ."""

    imported: Decimal = spelled("importTJ", NONE)
    exported: Decimal = spelled("exportTJ", NONE)


class Export(Document, frozen=True, kw_only=True):
    """Electricity that leaves a process, MWh, and its t CO2 per MWh."""

    amount: Decimal = spelled("MWh")
    factor: Decimal


class Precursor(Document, frozen=True):
    """`tonnes` of the goods of a `process` of this installation, or of a `purchased` precursor, that are taken."""

    tonnes: Decimal
    process: str | None = None
    purchased: str | None = None


class Process(Document, frozen=True):
    """A production process: its goods, t of them made, and what is attributed to it."""

    name: str
    goods: str
    activity_level: Decimal = spelled("activityLevelTonnes")
    attributed: Decimal = spelled("directlyAttributableTonnesCO2e")
    electricity: Decimal = spelled("electricityMWh", NONE)
    electricity_factor: Decimal = NONE
    heat: Heat = Heat()
    waste_gas: WasteGas = WasteGas()
    electricity_exported: Export | None = None
    precursors: Sequence[Precursor] = ()


class Purchased(Document, frozen=True):
    """A precursor of another installation, per t of it."""

    name: str
    goods: str
    direct: Decimal = spelled("directTonnesPerTonne")
    electricity: Decimal = spelled("electricityMWhPerTonne", NONE)
    electricity_factor: Decimal = NONE


class Case(Document, frozen=True):
    """What a reader needs of the file; it passes over the rest."""

    processes: Sequence[Process]
    source_streams: Sequence[SourceStream] = ()
    pfc: Sequence[Perfluorocarbons] = ()
    purchased_precursors: Sequence[Purchased] = ()


def check(case: Case) -> None:
    """Raises InvalidInput for what the types allow and no installation can have. The first that is wrong is named."""
    for i, stream in enumerate(case.source_streams):
        _check_stream(f"sourceStreams[{i}]", stream)
    for i, pfc in enumerate(case.pfc):
        _check_pfc(f"pfc[{i}]", pfc)
    for i, bought in enumerate(case.purchased_precursors):
        for field, value in (
            ("directTonnesPerTonne", bought.direct), ("electricityMWhPerTonne", bought.electricity),
            ("electricityFactor", bought.electricity_factor),
        ):
            _at_least_zero(f"purchasedPrecursors[{i}].{field}", value)
    _unique("processes", [one.name for one in case.processes])
    _unique("purchasedPrecursors", [one.name for one in case.purchased_precursors])
    for i, process in enumerate(case.processes):
        _check_process(f"processes[{i}]", process, case)


def _check_stream(field: str, one: SourceStream) -> None:
    for name, value in (
        ("biomassPercent", one.biomass_percent), ("oxidationPercent", one.oxidation_percent),
        ("conversionPercent", one.conversion_percent),
    ):
        if not 0 <= value <= 100:
            raise invalid_field(f"{field}.{name}", value, "a percentage from 0 to 100")
    if not one.activity.is_finite():
        raise invalid_field(f"{field}.activity", one.activity, "a number, negative for what leaves")
    needed = {"combustion": ("ncv", "emission_factor"), "process": ("emission_factor",),
              "massBalance": ("carbon_content",)}[one.method]
    if one.method == "combustion" and one.emission_factor_unit == "tCO2/t":
        needed = ("emission_factor",)
    for name in needed:
        value = getattr(one, name)
        spelling = {"ncv": "ncv", "emission_factor": "emissionFactor", "carbon_content": "carbonContent"}[name]
        if value is None:
            raise invalid_field(f"{field}.{spelling}", "missing", f"the method {one.method} needs it")
        _at_least_zero(f"{field}.{spelling}", value)
    if one.carbon_content is not None and one.carbon_content > 1:
        raise invalid_field(f"{field}.carbonContent", one.carbon_content, "t of carbon per t, at most 1")


def _check_pfc(field: str, one: Perfluorocarbons) -> None:
    if not 0 < one.collection_efficiency <= 1:
        raise invalid_field(f"{field}.collectionEfficiency", one.collection_efficiency, "above 0 and at most 1")
    for name, value in (
        ("productionTonnes", one.production_tonnes), ("anodeEffectsPerCellDay", one.anode_effects_per_cell_day),
        ("minutesPerAnodeEffect", one.minutes_per_anode_effect), ("slopeEmissionFactor", one.slope_emission_factor),
        ("c2f6WeightFraction", one.c2f6_weight_fraction),
    ):
        _at_least_zero(f"{field}.{name}", value)


def _check_process(field: str, one: Process, case: Case) -> None:
    if one.activity_level <= 0:
        raise invalid_field(f"{field}.activityLevelTonnes", one.activity_level, "t of goods made, above 0")
    for name, value in (
        ("electricityMWh", one.electricity), ("electricityFactor", one.electricity_factor),
        ("heat.importTJ", one.heat.imported), ("heat.importFactor", one.heat.import_factor),
        ("heat.exportTJ", one.heat.exported), ("heat.exportFactor", one.heat.export_factor),
        ("wasteGas.importTJ", one.waste_gas.imported), ("wasteGas.exportTJ", one.waste_gas.exported),
    ):
        _at_least_zero(f"{field}.{name}", value)
    names = {process.name for process in case.processes}
    bought = {purchased.name for purchased in case.purchased_precursors}
    for i, precursor in enumerate(one.precursors):
        where = f"{field}.precursors[{i}]"
        if (precursor.process is None) == (precursor.purchased is None):
            named = f"{precursor.process} and {precursor.purchased}"
            raise invalid_field(where, named, "it names either process or purchased")
        _at_least_zero(f"{where}.tonnes", precursor.tonnes)
        if precursor.process is not None and precursor.process not in names:
            raise invalid_field(f"{where}.process", precursor.process, "the name of a process of this installation")
        if precursor.purchased is not None and precursor.purchased not in bought:
            raise invalid_field(f"{where}.purchased", precursor.purchased, "the name of a purchased precursor")


def _unique(field: str, names: Sequence[str]) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise invalid_field(f"{field}[{i}].name", name, "every name once")


def _at_least_zero(field: str, value: Decimal) -> None:
    if not value.is_finite() or value < 0:
        raise invalid_field(field, value, "a number of at least 0")
