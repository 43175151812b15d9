"""An installation in a reporting period, as in its file: source streams, PFC, processes, precursors.

Masses are t, energies TJ or MWh, emissions t CO2e, factors t CO2 per TJ or per t, carbon t per t; shares are per cent
if their name contains percent.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final, Literal

from ledger.sdk import Document, invalid_field, spelled

NONE: Final = Decimal(0)
WHOLE: Final = Decimal(100)


class SourceStream(Document, frozen=True):
    """A fuel or a material; `activity` in t is negative for material that leaves. Absent shares mean no biomass, and
    complete oxidation or conversion."""

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
    """`tonnes` taken of the goods of a `process` of this installation, or of a `purchased` precursor."""

    tonnes: Decimal
    process: str | None = None
    purchased: str | None = None


class Process(Document, frozen=True):
    """A production process: its goods, t of goods made, and the emissions attributed to it."""

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
    """A precursor of another installation, per t."""

    name: str
    goods: str
    direct: Decimal = spelled("directTonnesPerTonne")
    electricity: Decimal = spelled("electricityMWhPerTonne", NONE)
    electricity_factor: Decimal = NONE


class Case(Document, frozen=True):
    """The fields of the file that count; other fields are ignored."""

    processes: Sequence[Process]
    source_streams: Sequence[SourceStream] = ()
    pfc: Sequence[Perfluorocarbons] = ()
    purchased_precursors: Sequence[Purchased] = ()


def check(case: Case) -> None:
    """Raises InvalidInput for the first value that the types allow and no installation can have."""
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


def _check_stream(field: str, stream: SourceStream) -> None:
    for name, value in (
        ("biomassPercent", stream.biomass_percent), ("oxidationPercent", stream.oxidation_percent),
        ("conversionPercent", stream.conversion_percent),
    ):
        if not 0 <= value <= 100:
            raise invalid_field(f"{field}.{name}", value, "a percentage from 0 to 100")
    if not stream.activity.is_finite():
        raise invalid_field(f"{field}.activity", stream.activity, "a finite number, negative for material that leaves")
    needed = {"combustion": ("ncv", "emission_factor"), "process": ("emission_factor",),
              "massBalance": ("carbon_content",)}[stream.method]
    if stream.method == "combustion" and stream.emission_factor_unit == "tCO2/t":
        needed = ("emission_factor",)
    for name in needed:
        value = getattr(stream, name)
        spelling = {"ncv": "ncv", "emission_factor": "emissionFactor", "carbon_content": "carbonContent"}[name]
        if value is None:
            raise invalid_field(f"{field}.{spelling}", "missing", f"a value, which the method {stream.method} needs")
        _at_least_zero(f"{field}.{spelling}", value)
    if stream.carbon_content is not None and stream.carbon_content > 1:
        raise invalid_field(f"{field}.carbonContent", stream.carbon_content, "t of carbon per t, at most 1")


def _check_pfc(field: str, pfc: Perfluorocarbons) -> None:
    if not 0 < pfc.collection_efficiency <= 1:
        raise invalid_field(f"{field}.collectionEfficiency", pfc.collection_efficiency, "above 0 and at most 1")
    for name, value in (
        ("productionTonnes", pfc.production_tonnes), ("anodeEffectsPerCellDay", pfc.anode_effects_per_cell_day),
        ("minutesPerAnodeEffect", pfc.minutes_per_anode_effect), ("slopeEmissionFactor", pfc.slope_emission_factor),
        ("c2f6WeightFraction", pfc.c2f6_weight_fraction),
    ):
        _at_least_zero(f"{field}.{name}", value)


def _check_process(field: str, process: Process, case: Case) -> None:
    if process.activity_level <= 0:
        raise invalid_field(f"{field}.activityLevelTonnes", process.activity_level, "t of goods made, above 0")
    for name, value in (
        ("electricityMWh", process.electricity), ("electricityFactor", process.electricity_factor),
        ("heat.importTJ", process.heat.imported), ("heat.importFactor", process.heat.import_factor),
        ("heat.exportTJ", process.heat.exported), ("heat.exportFactor", process.heat.export_factor),
        ("wasteGas.importTJ", process.waste_gas.imported), ("wasteGas.exportTJ", process.waste_gas.exported),
    ):
        _at_least_zero(f"{field}.{name}", value)
    names = {one.name for one in case.processes}
    bought = {purchased.name for purchased in case.purchased_precursors}
    for i, precursor in enumerate(process.precursors):
        where = f"{field}.precursors[{i}]"
        if (precursor.process is None) == (precursor.purchased is None):
            named = f"{precursor.process} and {precursor.purchased}"
            raise invalid_field(where, named, "a precursor names either process or purchased")
        _at_least_zero(f"{where}.tonnes", precursor.tonnes)
        if precursor.process is not None and precursor.process not in names:
            raise invalid_field(f"{where}.process", precursor.process, "the name of a process of this installation")
        if precursor.purchased is not None and precursor.purchased not in bought:
            raise invalid_field(f"{where}.purchased", precursor.purchased, "the name of a purchased precursor")


def _unique(field: str, names: Sequence[str]) -> None:
    for i, name in enumerate(names):
        if name in names[:i]:
            raise invalid_field(f"{field}[{i}].name", name, "a name that no other entry has")


def _at_least_zero(field: str, value: Decimal) -> None:
    if not value.is_finite() or value < 0:
        raise invalid_field(field, value, "a number of at least 0")
