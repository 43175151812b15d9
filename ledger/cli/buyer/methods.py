"""`methods`: by which methods, potentials and allocation keys a server tells footprints."""

from collections.abc import Iterator

import click
from rich.table import Table

from ledger.cli.client import Client, url_option
from ledger.cli.console import Part, json_option, print_json, show, styled
from ledger.footprint.derived.methods.describing import Method
from ledger.service.queries.methods.answers import CatalogueAnswer


@click.command()
@url_option
@json_option
def methods(url: str, as_json: bool) -> None:
    """Show by which methods `footprint` can tell a lot's figure, and what each needs to know."""
    with Client(url) as client:
        answer = client.get("/v1/methods", CatalogueAnswer)
    if as_json:
        print_json(answer)
    else:
        show(*methods_report(answer))


def methods_report(answer: CatalogueAnswer) -> Iterator[Part]:
    """What people want to read of it."""
    for method in answer.methods:
        yield from _method(method)
    for one in answer.plugin_methods:
        yield styled(f"{one.name}: {one.names.get('en', '')} (plugin {one.plugin})", style="bold")
    yield f"global warming potentials: {', '.join(answer.gwp)}"
    table = Table("allocation", "needs", box=None, pad_edge=False)
    for key, needs in answer.allocations.items():
        table.add_row(key, needs)
    yield table


def _method(method: Method) -> Iterator[Part]:
    yield styled(f"{method.name}: {method.title}", style="bold")
    yield method.formula
    yield f"credit: {method.credit}"
    if method.parameters:
        table = Table("parameter", "unit", "range", "from", "meaning", box=None, pad_edge=False)
        for one in method.parameters:
            table.add_row(one.name, one.unit, one.range, one.sources, one.meaning)
        yield table
