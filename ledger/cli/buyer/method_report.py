"""Reports for people: a figure by another method."""

from collections.abc import Iterator, Mapping

from rich.table import Table

from ledger.answers.methods import LotFigure, MethodAnswer
from ledger.answers.stored import ChainMethodAnswer
from ledger.cli.client import Client
from ledger.cli.console import Line, Part, styled
from ledger.cli.findings import questioned_line
from ledger.cli.numbers import fixed, numeral, per_unit

Printed = Iterator[Part]
Query = Mapping[str, str | int | tuple[str, ...] | None]


def ask_method(client: Client, query: Query) -> MethodAnswer | ChainMethodAnswer:
    """The figure of a lot by a method. Raises the errors of `Client.get`."""
    if is_chain_method(str(query.get("method") or "")):
        return client.get("/v1/footprint/chain-method", ChainMethodAnswer, **query)
    return client.get("/v1/footprint/method", MethodAnswer, **query)


def is_chain_method(name: str) -> bool:
    """Whether a method is a sector's: its name begins with the sector, SECTOR.METHOD/VERSION."""
    return "." in name


def method_report(answer: MethodAnswer) -> Printed:
    yield styled(f"{answer.title} of {answer.lot} by {answer.method}", style="bold")
    yield _moment(answer)
    yield _figure(answer.footprint, answer.footprint_per_unit, answer.unit)
    yield from questioned_line(answer.questioned)
    yield _terms(answer)
    yield _settings(answer)
    if answer.beside:
        yield styled("reported separately, never added", style="bold")
        yield _separate_amounts(answer)
    if answer.parameters:
        yield _parameters(answer)
    yield f"credit: {answer.credit}"
    for limitation in answer.limitations:
        yield f"limitation: {limitation}"


def chain_method_report(answer: ChainMethodAnswer) -> Printed:
    yield styled(f"footprint of {answer.lot} by {answer.method}", style="bold")
    yield f"{answer.names.get('en', '')}, plugin {answer.plugin}, as of {answer.at} entries"
    yield styled(f"{fixed(answer.footprint)} kg CO2e; stored {fixed(answer.stored)} kg CO2e", style="bold green")
    yield from questioned_line(answer.questioned)
    table = _table("term", "kg CO2e", "meaning", right=(1,))
    for line in answer.lines:
        table.add_row(line.name, fixed(line.amount), line.what)
    yield table
    if answer.pool is not None:
        yield f"of the pool {answer.pool}"
    for note in answer.notes:
        yield f"note: {note}"


def _moment(answer: LotFigure) -> str:
    return (f"{answer.quantity} of {answer.product}, completeness {answer.completeness}, as of {answer.size} entries "
            f"with root {answer.root}")


def _figure(footprint: float, each: float, unit: str) -> Line:
    return styled(f"{fixed(footprint)} kg CO2e, {per_unit(each, unit)}", style="bold green")


def _terms(answer: MethodAnswer) -> Table:
    table = _table("term", "material", "kg CO2e", "meaning", right=(2,))
    for term in answer.terms:
        table.add_row(term.name, term.material or "", fixed(term.amount), term.what)
    table.add_row("sum", "", fixed(answer.footprint), "", style="bold")
    return table


def _settings(answer: MethodAnswer) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("potentials", answer.gwp)
    table.add_row("allocation", answer.allocation or "each record's own")
    table.add_row("stored figure", f"{fixed(answer.default)} kg CO2e by cut-off{_change(answer)}")
    table.add_row("plugin", answer.plugin or "none")
    return table


def _change(answer: MethodAnswer) -> str:
    if not answer.default:
        return ""
    return f", this figure differs by {percent(100.0 * (answer.footprint - answer.default) / answer.default)}"


def _separate_amounts(answer: MethodAnswer) -> Table:
    table = _table("name", "material", "amount", "unit", "meaning", right=(2,))
    for amount in answer.beside:
        table.add_row(amount.name, amount.material or "", numeral(amount.amount), amount.unit, amount.what)
    return table


def _parameters(answer: MethodAnswer) -> Table:
    table = _table("parameter", "material", "value", "unit", "from", right=(2,))
    for parameter in answer.parameters:
        source = f"{parameter.source}: {parameter.citation}" if parameter.citation else parameter.source
        source += " [recalled]" if parameter.recalled else ""
        table.add_row(parameter.name, parameter.material or "", parameter.value, parameter.unit, source)
    return table


def percent(value: float) -> str:
    """A change in per cent, with its sign."""
    return f"{value:+.2f} %"


def _table(*names: str, right: tuple[int, ...]) -> Table:
    table = Table(*names, box=None, pad_edge=False)
    for column in right:
        table.columns[column].justify = "right"
    return table
