"""`methods`: the methods, global warming potentials and allocation keys by which a server computes footprints."""

from collections.abc import Iterator

import click
from rich.table import Table

from ledger.answers.methods import CatalogueAnswer
from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.footprint.derived.methods.describing import Method


@click.command()
@url_option
@json_option
def methods(url: str, as_json: bool) -> None:
    """List the calculation methods for `footprint`, with the parameters that each needs."""
    with Client(url) as client:
        answer = client.get("/v1/methods", CatalogueAnswer)
    if as_json:
        print_json(answer)
    else:
        show(*methods_report(answer))


def methods_report(answer: CatalogueAnswer) -> Iterator[Part]:
    """The catalogue of methods, as text for people."""
    for method in answer.methods:
        yield from _method(method)
    for sector in answer.plugin_methods:
        yield styled(f"{sector.name}: {sector.names.get('en', '')} (plugin {sector.plugin})", style="bold")
    yield f"global warming potentials: {', '.join(answer.gwp)}"
    table = Table("allocation", "needs", box=None, pad_edge=False)
    for key, needs in answer.allocations.items():
        table.add_row(key, needs)
    yield table


def _method(method: Method) -> Iterator[Part]:
    yield styled(f"{method.name}: {method.title}", style="bold")
    yield method.formula
    if method.standards:
        yield f"standards: {', '.join(method.standards)}"
    yield f"credit: {method.credit}"
    if method.parameters:
        table = Table("parameter", "unit", "range", "from", "meaning", box=None, pad_edge=False)
        for parameter in method.parameters:
            table.add_row(parameter.name, parameter.unit, parameter.range, parameter.sources, parameter.meaning)
        yield table
