"""`trace`: a lot's chain as a tree, each lot once."""

from collections.abc import Iterator
from typing import Any, Literal

import click
import networkx
from rich.text import Text
from rich.tree import Tree

from ledger.cli.client import Client, url_option
from ledger.cli.console import json_option, print_json, show

_DIRECTIONS = {"up": "upstream", "down": "downstream"}


@click.command()
@click.argument("lot")
@click.option("--direction", type=click.Choice(list(_DIRECTIONS)), default="up", show_default=True,
              help="Where it comes from, or what became of it.")
@click.option("--depth", type=click.IntRange(0, 10_000), help="Records to go at most.  [default: all]")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Lots to show at most.")
@url_option
@json_option
def trace(lot: str, direction: Literal["up", "down"], depth: int | None, limit: int, url: str, as_json: bool) -> None:
    """Show the lots and records behind LOT, or after it."""
    with Client(url) as client:
        data = client.get("/v1/chain", dict[str, Any], lot=lot, direction=_DIRECTIONS[direction], depth=depth)
    if as_json:
        print_json(data)
    else:
        graph: networkx.DiGraph[str] = networkx.DiGraph(networkx.node_link_graph(data, edges="edges"))
        show(chain_tree(graph, lot, direction, limit))


def chain_tree(graph: "networkx.DiGraph[str]", lot: str, direction: str, limit: int) -> Tree:
    """Lots below the lot that they lead to or come from. One that comes again is named, not shown again.

    Nothing recurses: a chain may be thousands of records deep.
    """
    tree = Tree(_lot_label(graph, lot))
    shown = {lot}
    left = 0
    waiting = [(lot, tree)]
    while waiting:
        name, branch = waiting.pop()
        for record, beyond in _steps(graph, name, direction):
            node = branch.add(_record_label(graph, record))
            for other in beyond:
                if other in shown:
                    node.add(Text(f"{other} (shown elsewhere)", style="dim"))
                elif len(shown) >= limit:
                    left += 1
                else:
                    shown.add(other)
                    waiting.append((other, node.add(_lot_label(graph, other, _taken(graph, other, record)))))
    if left:
        tree.add(Text(f"… and more behind {left} lots: --limit, --depth or --json", style="dim"))
    return tree


def _steps(graph: "networkx.DiGraph[str]", lot: str, direction: str) -> Iterator[tuple[str, list[str]]]:
    """The records next to a lot, and the lots on their other side."""
    records = graph.predecessors(lot) if direction == "up" else graph.successors(lot)
    for record in records:
        yield record, list(graph.predecessors(record) if direction == "up" else graph.successors(record))


def _taken(graph: "networkx.DiGraph[str]", lot: str, record: str) -> str:
    edge = graph.get_edge_data(lot, record)
    return "" if edge is None else f"{edge['quantity']} {edge['unit']} of "


def _lot_label(graph: "networkx.DiGraph[str]", lot: str, taken: str = "") -> Text:
    found = graph.nodes[lot]
    label = Text(f"{taken}")
    label.append(lot, style="bold")
    label.append(f"  {found['quantity']} {found['unit']} {found['role']}, {found['footprint']:,.3f} kg CO2e")
    return label


def _record_label(graph: "networkx.DiGraph[str]", record: str) -> Text:
    found = graph.nodes[record]
    return Text(f"{found['type']} {found['index']} by {found['issuer']}", style="cyan")
