"""`uncertainty`: the uncertainty of a lot's figure, and its sources."""

from collections.abc import Callable, Iterator
from typing import Final

import click
from rich.table import Table

from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.cli.findings import questioned_line
from ledger.cli.numbers import fixed, numeral, per_unit
from ledger.footprint.derived.uncertainty.parts import Analytic, Sampled, UncertaintySource

_SHOWN: Final = 0.0005
"""The smallest part of the variance that does not round to 0.0 %."""


@click.command()
@click.argument("lot")
@click.option("--samples", type=int, default=0, show_default=True,
              help="Samples of a Monte Carlo simulation; 0 for the closed form alone.")
@click.option("--seed", type=int, default=0, show_default=True, help="Seed of the Monte Carlo simulation.")
@click.option("--top", type=click.IntRange(0, 1_000), default=10, show_default=True, help="Sources to show at most.")
@click.option("--at", type=int, help="As of this tree size (number of entries).  [default: now]")
@url_option
@json_option
def uncertainty(lot: str, samples: int, seed: int, top: int, at: int | None, url: str, as_json: bool) -> None:
    """Show the uncertainty of the figure of LOT, from the uncertainties that its records state, and its sources."""
    with Client(url) as client:
        answer = client.get(
            "/v1/uncertainty", UncertaintyAnswer, lot=lot, samples=samples, seed=seed, top=top, at=at
        )
    if as_json:
        print_json(answer)
    else:
        show(*uncertainty_report(answer))


def uncertainty_report(answer: UncertaintyAnswer) -> Iterator[Part]:
    """The uncertainty of a figure, as text for people."""
    figures = answer.uncertainty
    yield styled(f"uncertainty of {answer.lot}", style="bold")
    yield f"{answer.quantity}, {answer.records:,} upstream records, as of {answer.at} entries, {answer.method}"
    yield styled(f"{answer.title}: {fixed(answer.footprint)} kg CO2e, "
                 f"{per_unit(answer.footprint_per_unit, answer.unit)}", style="bold green")
    yield from questioned_line(answer.questioned)
    yield _spread(answer)
    yield _basis(answer)
    if figures.sources:
        yield styled("sources of the variance", style="bold")
        yield _table(figures.sources, figures.others)
    elif figures.analytic.distribution != "certain":
        yield "sources of the variance: --top"


def _spread(answer: UncertaintyAnswer) -> Table:
    """The spread in closed form, and from the Monte Carlo samples if there are any."""
    figures = answer.uncertainty
    analytic, sampled, scale = figures.analytic, figures.sampled, float(answer.quantity.value)
    table = Table("", "closed form", *(["Monte Carlo"] if sampled else []), box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"

    def row(name: str, first: str, second: str) -> None:
        table.add_row(name, first, *([second] if sampled else []))

    row("mean, kg CO2e", fixed(figures.mean), _with_error(sampled, "mean", "standard_error"))
    row("standard deviation, kg CO2e", f"{fixed(analytic.deviation)}{_relative(analytic.deviation, figures.mean)}",
        _with_error(sampled, "deviation", "deviation_error"))
    row("95 % interval, kg CO2e", f"{fixed(analytic.low)} to {fixed(analytic.high)}", _between(sampled, 1.0, fixed))
    row(f"95 % interval, kg CO2e per {answer.unit}",
        f"{numeral(analytic.low / scale)} to {numeral(analytic.high / scale)}", _between(sampled, scale, numeral))
    if sampled:
        row("median, kg CO2e", "", fixed(sampled.median))
    row("distribution", _distribution(analytic), _drawn(sampled))
    return table


def _with_error(sampled: Sampled | None, figure: str, error: str) -> str:
    return "" if sampled is None else f"{fixed(getattr(sampled, figure))} ± {fixed(getattr(sampled, error))}"


def _between(sampled: Sampled | None, scale: float, spelled: Callable[[float], str]) -> str:
    return "" if sampled is None else f"{spelled(sampled.low / scale)} to {spelled(sampled.high / scale)}"


def _relative(deviation: float, mean: float) -> str:
    return f" ({abs(deviation / mean) * 100:.1f} %)" if mean else ""


def _distribution(analytic: Analytic) -> str:
    match analytic.distribution:
        case "lognormal":
            return f"lognormal, geometric standard deviation {numeral(analytic.geometric_deviation or 1.0, 4)}"
        case "normal":
            return "normal, because it includes removals or credits"
        case _:
            return "no distribution: no record states an uncertainty above zero"


def _drawn(sampled: Sampled | None) -> str:
    return "" if sampled is None else f"{sampled.samples:,} samples, {sampled.generator}, seed {sampled.seed}"


def _basis(answer: UncertaintyAnswer) -> Table:
    """The basis of the spread, and its limits."""
    figures = answer.uncertainty
    table = Table(show_header=False, box=None, pad_edge=False)
    note = f"; {figures.note}" if figures.note else ""
    table.add_row("stated", f"{figures.stated * 100:.1f} % of the CO2e is in lines that state an uncertainty{note}")
    if answer.assigned:
        table.add_row("assigned", f"{fixed(answer.assigned)} kg CO2e by system expansion, taken as certain")
    if answer.averaged:
        table.add_row("averaged", f"{fixed(answer.averaged)} kg CO2e by period averages of pools, taken as certain")
    if answer.rest:
        table.add_row("rest", f"{fixed(answer.rest)} kg CO2e that no record explains, taken as certain")
    table.add_row("completeness", f"{answer.completeness}; the intervals do not cover omissions")
    return table


def _table(sources: list[UncertaintySource], others: float) -> Table:
    table = Table("part", "source", "kind", box=None, pad_edge=False)
    table.columns[0].justify = "right"
    for source in sources:
        table.add_row(_part(source.part), source.name, _described(source))
    if others >= _SHOWN:
        table.add_row(_part(others), "all others", "--top")
    return table


def _part(part: float) -> str:
    return f"{part * 100:.1f} %"


def _described(source: UncertaintySource) -> str:
    match source.kind:
        case "factor":
            return "factor, shared by all lines that use it"
        case "closing":
            return f"amount measured by the closing {(source.closing or '')[:12]}… for its period"
        case _:
            return f"amount in record {source.record}"
