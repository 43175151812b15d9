"""`uncertainty`: how good a lot's figure is, and what makes it uncertain."""

from collections.abc import Iterator
from typing import Final

import click
from rich.table import Table

from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.footprint.derived.uncertainty.answer import Analytic, Sampled, UncertaintySource
from ledger.service.queries.uncertainty.answers import UncertaintyAnswer

_SHOWN: Final = 0.0005
"""A part of the variance that is not rounded to nothing."""


@click.command()
@click.argument("lot")
@click.option("--samples", type=int, default=0, help="Of a Monte Carlo beside the closed form.  [default: none]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the Monte Carlo.")
@click.option("--top", type=click.IntRange(0, 1_000), default=10, show_default=True, help="Sources to show at most.")
@click.option("--at", type=int, help="As of a log of so many entries.  [default: now]")
@url_option
@json_option
def uncertainty(lot: str, samples: int, seed: int, top: int, at: int | None, url: str, as_json: bool) -> None:
    """Show how uncertain the figure of LOT is, by what its records state, and which sources make it so."""
    with Client(url) as client:
        answer = client.get(
            "/v1/uncertainty", UncertaintyAnswer, lot=lot, samples=samples, seed=seed, top=top, at=at
        )
    if as_json:
        print_json(answer)
    else:
        show(*uncertainty_report(answer))


def uncertainty_report(answer: UncertaintyAnswer) -> Iterator[Part]:
    """What people want to read of a figure's uncertainty."""
    found = answer.uncertainty
    yield styled(f"uncertainty of {answer.lot}", style="bold")
    yield f"{answer.quantity}, {answer.records:,} records behind it, as of {answer.at} entries, {answer.method}"
    yield styled(f"{answer.title}: {answer.footprint:,.3f} kg CO2e, {answer.footprint_per_unit:,.6g} kg CO2e per "
               f"{answer.unit}", style="bold green")
    yield _spread(answer)
    yield _basis(answer)
    if found.sources:
        yield styled("where the variance comes from", style="bold")
        yield _table(found.sources, found.others)
    elif found.analytic.distribution != "certain":
        yield "where the variance comes from: --top"


def _spread(answer: UncertaintyAnswer) -> Table:
    """In closed form, and by Monte Carlo beside it."""
    found = answer.uncertainty
    analytic, sampled, scale = found.analytic, found.sampled, float(answer.quantity.value)
    table = Table("", "closed form", *(["Monte Carlo"] if sampled else []), box=None, pad_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"

    def row(name: str, first: str, second: str) -> None:
        table.add_row(name, first, *([second] if sampled else []))

    row("mean, kg CO2e", f"{found.mean:,.3f}", _with_error(sampled, "mean", "standard_error"))
    row("standard deviation, kg CO2e", f"{analytic.deviation:,.3f}{_relative(analytic.deviation, found.mean)}",
        _with_error(sampled, "deviation", "deviation_error"))
    row("95 % lie between, kg CO2e", f"{analytic.low:,.3f} and {analytic.high:,.3f}", _between(sampled, 1.0, ",.3f"))
    row(f"95 % lie between, kg CO2e per {answer.unit}",
        f"{analytic.low / scale:,.6g} and {analytic.high / scale:,.6g}", _between(sampled, scale, ",.6g"))
    if sampled:
        row("half lie below, kg CO2e", "", f"{sampled.median:,.3f}")
    row("distribution", _distribution(analytic), _drawn(sampled))
    return table


def _with_error(sampled: Sampled | None, figure: str, error: str) -> str:
    return "" if sampled is None else f"{getattr(sampled, figure):,.3f} ± {getattr(sampled, error):,.3f}"


def _between(sampled: Sampled | None, scale: float, form: str) -> str:
    return "" if sampled is None else f"{sampled.low / scale:{form}} and {sampled.high / scale:{form}}"


def _relative(deviation: float, mean: float) -> str:
    return f" ({abs(deviation / mean) * 100:.1f} %)" if mean else ""


def _distribution(analytic: Analytic) -> str:
    match analytic.distribution:
        case "lognormal":
            return f"lognormal, geometric standard deviation {analytic.geometric_deviation or 1.0:.4g}"
        case "normal":
            return "normal, since removals or credits are in it"
        case _:
            return "none: nothing states an uncertainty above zero"


def _drawn(sampled: Sampled | None) -> str:
    return "" if sampled is None else f"{sampled.samples:,} samples, {sampled.generator}, seed {sampled.seed}"


def _basis(answer: UncertaintyAnswer) -> Table:
    """What the spread rests on, and what it does not hold."""
    found = answer.uncertainty
    table = Table(show_header=False, box=None, pad_edge=False)
    note = f"; {found.note}" if found.note else ""
    table.add_row("stated", f"{found.stated * 100:.1f} % of the CO2e are in lines that state an uncertainty{note}")
    if answer.assigned:
        table.add_row("assigned", f"{answer.assigned:,.3f} kg CO2e by system expansion, taken as certain")
    if answer.averaged:
        table.add_row("averaged", f"{answer.averaged:,.3f} kg CO2e by period averages of pools, taken as certain")
    if answer.rest:
        table.add_row("rest", f"{answer.rest:,.3f} kg CO2e that no record explains, taken as certain")
    table.add_row("completeness", f"{answer.completeness}; what is left out of the figure is in no interval")
    return table


def _table(sources: list[UncertaintySource], others: float) -> Table:
    table = Table("part", "source", "what", box=None, pad_edge=False)
    table.columns[0].justify = "right"
    for one in sources:
        table.add_row(_part(one.part), one.name, _what(one))
    if others >= _SHOWN:
        table.add_row(_part(others), "all others", "--top")
    return table


def _part(part: float) -> str:
    return f"{part * 100:.1f} %"


def _what(one: UncertaintySource) -> str:
    match one.kind:
        case "factor":
            return "factor, shared by all that use it"
        case "closing":
            return f"amount that the closing {(one.closing or '')[:12]}… measured for its period"
        case _:
            return f"amount in record {one.record}"
