"""The report of an installation as tables: summary, processes, precursors, lines, sources."""

from collections.abc import Iterator, Sequence

from carbon_ledger_cbam.answers import ChainReport, ProcessName
from ledger.sdk import Sheet

Cell = str | float | int | None
_NAME = ("installation", "year", "goods category or product", "route")


def tables(report: ChainReport) -> list[Sheet]:
    """The tables in the order in which a declarant reads them."""
    return [_summary(report), _processes(report), _precursors(report), _lines(report), _sources(report)]


def _name(name: ProcessName) -> tuple[Cell, ...]:
    return (name.facility, name.year, name.category or name.product, name.route)


def _summary(report: ChainReport) -> Sheet:
    columns = ("goods category", "货物类别", "t", "direct t CO2e/t", "indirect t CO2e/t", "payable t CO2e/t",
               "embedded t CO2e", "payable t CO2e")
    return Sheet(name="summary", columns=columns, brief=columns, rows=[
        (one.en, one.zh, one.tonnes, one.embedded_direct, one.embedded_indirect, one.payable, one.total_embedded,
         one.total_payable)
        for one in report.goods
    ])


def _processes(report: ChainReport) -> Sheet:
    columns = (
        *_NAME, "asked for", "country", "products", "made", "unit", "direct alone counts", "own direct t CO2e/t",
        "own indirect t CO2e/t", "direct t CO2e/t", "indirect t CO2e/t", "MWh/t", "payable t CO2e/t", "embedded t CO2e",
        "payable t CO2e", "footprint t CO2e", "part by default values", "provisional",
    )
    return Sheet(name="processes", columns=columns, rows=[
        (*_name(one.process), _yes(one.asked), one.country,
         "; ".join(f"{part.product} (CN {part.cn or 'not stated'})" for part in one.products), one.tonnes, one.unit,
         _yes(one.direct_only), one.specific_direct, one.specific_indirect, one.embedded_direct, one.embedded_indirect,
         one.embedded_electricity, one.payable, one.total_embedded, one.total_payable, one.total_footprint,
         one.default_share, _yes(one.provisional))
        for one in report.processes
    ])


def _precursors(report: ChainReport) -> Sheet:
    columns = (
        *_NAME, "counts as", "precursor", "CN", "its category", "t", "its installation", "country", "made in",
        "its route", "attestation", "direct t CO2e/t", "indirect t CO2e/t", "counted indirect t CO2e/t", "MWh/t",
        "mark-up %", "source", "carried t CO2e",
    )
    rows: list[Sequence[Cell]] = [
        (*_name(one.process), one.way, one.product, one.cn, one.category, one.tonnes, one.facility, one.country,
         one.made_in, one.route, one.attested, one.direct, one.indirect, one.counted, one.electricity, one.mark_up,
         one.source, one.carried)
        for one in report.precursors
    ]
    brief = ("counts as", "precursor", "t", "its installation", "made in", "direct t CO2e/t", "indirect t CO2e/t",
             "mark-up %")
    return Sheet(name="precursors", columns=columns, rows=rows, brief=brief)


def _lines(report: ChainReport) -> Sheet:
    """Lines, power, and the differences between footprint and embedded emissions."""
    columns = (*_NAME, "source", "kind", "gas", "boundary", "why", "footprint kg CO2e", "embedded kg CO2e", "factor")
    return Sheet(name="lines", columns=columns, rows=[*_emitted(report), *_powered(report), *_differing(report)])


def _emitted(report: ChainReport) -> Iterator[Sequence[Cell]]:
    for line in report.lines:
        factor = f"{line.factor} (recalled)" if line.recalled else line.factor
        yield (*_name(line.process), line.source, line.kind, line.gas, "inside" if line.inside else "outside", line.why,
               line.footprint, line.embedded, factor)


def _powered(report: ChainReport) -> Iterator[Sequence[Cell]]:
    for power in report.power:
        yield (*_name(power.process), f"electricity by {power.way}", "indirect", "CO2", "inside",
               f"{power.megawatt_hours:g} MWh at {power.factor:g} t CO2e/MWh", None, power.indirect * 1000,
               power.source)


def _differing(report: ChainReport) -> Iterator[Sequence[Cell]]:
    for difference in report.differences:
        yield (*_name(difference.process), difference.source, "difference", "CO2e", difference.reason, difference.why,
               difference.kilograms, None, None)


def _sources(report: ChainReport) -> Sheet:
    rows: list[Sequence[Cell]] = [
        ("installation", report.facility, report.operator, "ledger"), ("country", report.country, "", "ledger"),
        ("year", str(report.year), "", "ledger"), ("tree size", str(report.at), "", "ledger"),
    ]
    rows += [(one.what, one.value, one.source, one.status) for one in report.sources]
    rows += [("warning", text, "", "") for text in report.warnings]
    rows += [("rule", text, "", "") for text in report.rules]
    return Sheet(name="sources", columns=("what", "value", "source", "status"), rows=rows)


def _yes(value: bool) -> str:
    return "yes" if value else "no"
