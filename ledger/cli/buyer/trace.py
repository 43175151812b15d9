"""`trace`: shows the chain of a lot as a tree, each lot once."""

from collections.abc import Iterator
from typing import Any, Literal

import click
import networkx
from rich.tree import Tree

from ledger.cli.client import Client, url_option
from ledger.cli.console import Line, json_option, print_json, show, styled
from ledger.cli.findings import questioned_note
from ledger.cli.numbers import fixed
from ledger.errors import LedgerError

_DIRECTIONS = {"up": "upstream", "down": "downstream"}
_DAY = len("2025-12-31")


@click.command()
@click.argument("lots", metavar="LOT...", nargs=-1, required=True)
@click.option("--direction", type=click.Choice(list(_DIRECTIONS)), default="up", show_default=True,
              help="Upstream (origins) or downstream (uses).")
@click.option("--depth", type=click.IntRange(0, 10_000), help="Depth of the chain in records, at most.  [default: all]")
@click.option("--stage", "stages", metavar="PROCESS", multiple=True,
              help="Stop at the records of this process; may be repeated.")
@click.option("--at", type=click.IntRange(min=1), metavar="SIZE",
              help="As of this tree size (number of entries).  [default: now]")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Lots to show at most.")
@url_option
@json_option
def trace(
    lots: tuple[str, ...], direction: Literal["up", "down"], depth: int | None, stages: tuple[str, ...], at: int | None,
    limit: int, url: str, as_json: bool,
) -> None:
    """Show the lots and records in the upstream or downstream chain of each LOT. LOT may be a pool, which is shown as
    one lot."""
    with Client(url) as client:
        data = client.get(
            "/v1/chain", dict[str, Any], lot=lots, direction=_DIRECTIONS[direction], depth=depth, stage=stages, at=at
        )
    if as_json:
        print_json(data)
        return
    try:
        trees = _trees(data, direction, limit)
    except (LookupError, TypeError, ValueError, AttributeError, networkx.NetworkXException) as error:
        # A malformed answer may lack any part of a chain.
        raise LedgerError(f"the server's answer is not a chain: {type(error).__name__}: {error}",
                          code="unexpected-answer") from None
    for tree in trees:
        show(tree)
    hidden = data["graph"].get("hidden")
    if isinstance(hidden, dict):
        show(str(hidden.get("note", "parts of the chain are hidden from you")))


def _trees(data: dict[str, Any], direction: str, limit: int) -> list[Tree]:
    """A tree for each requested lot. `data` is the server's unchecked answer."""
    graph: networkx.DiGraph[str] = networkx.DiGraph(networkx.node_link_graph(data, edges="edges"))
    shown: set[str] = set()
    return [chain_tree(graph, root, direction, limit, shown) for root in graph.graph["roots"]]


def chain_tree(
    graph: "networkx.DiGraph[str]", root: str, direction: str, limit: int, shown: set[str] | None = None
) -> Tree:
    """The chain of `root` as a tree of lots and pools. A lot that occurs again appears by name only. `shown`: the lots
    of earlier trees; this function adds its own.

    It does not recurse, since a chain may be thousands of records deep.
    """
    shown = set() if shown is None else shown
    if root in shown:
        return Tree(_elsewhere(root))
    tree = Tree(_lot_label(graph, root))
    shown.add(root)
    left = 0
    waiting = [(root, tree)]
    while waiting:
        name, branch = waiting.pop()
        for record, beyond in _steps(graph, name, direction):
            node = branch if record is None else branch.add(_record_label(graph, record))
            for other in beyond:
                if other in shown:
                    node.add(_elsewhere(other))
                elif len(shown) >= limit:
                    left += 1
                else:
                    shown.add(other)
                    taken = _taken(graph, other, name if record is None else record)
                    waiting.append((other, node.add(_lot_label(graph, other, taken))))
    if left:
        tree.add(styled(f"… {left} lots and their chains are not shown: --limit, --depth or --json", style="dim"))
    return tree


def _elsewhere(lot: str) -> Line:
    return styled(f"{lot} (shown elsewhere)", style="dim")


def _steps(graph: "networkx.DiGraph[str]", lot: str, direction: str) -> Iterator[tuple[str | None, list[str]]]:
    """The records next to a lot, each with the lots on its other side. Last, with no record: the lots that went
    directly into a pool, or the pools into which a lot went."""
    neighbours = graph.predecessors if direction == "up" else graph.successors
    straight: list[str] = []
    for neighbour in neighbours(lot):
        if graph.nodes[neighbour]["kind"] == "record":
            yield neighbour, list(neighbours(neighbour))
        else:
            straight.append(neighbour)
    if straight:
        yield None, straight


def _taken(graph: "networkx.DiGraph[str]", lot: str, record: str) -> str:
    """The quantity of an edge; empty for an edge from a pool to its credits, which has no quantity."""
    edge = graph.get_edge_data(lot, record) or {}
    return f"{edge['quantity']} {edge['unit']} of " if "quantity" in edge else ""


def _lot_label(graph: "networkx.DiGraph[str]", lot: str, taken: str = "") -> Line:
    node = graph.nodes[lot]
    if node["kind"] == "hidden":
        return styled(f"hidden parts, {fixed(node['footprint'])} kg CO2e", "dim")
    label = styled(taken)
    label.append_text(styled(lot, "bold"))
    label.append_text(styled(f"  {node['quantity']} {node['unit']} {node['role']}, "
                             f"{fixed(node['footprint'])} kg CO2e"))
    if node.get("supplier"):
        label.append_text(styled(f", of {node['supplier']}"))
    if node.get("questioned"):
        label.append_text(styled(questioned_note(node["questioned"]), "yellow"))
    if node["kind"] == "pool":
        label.append_text(styled(f"; {_pool_period(node)}", "cyan"))
    return label


def _pool_period(node: dict[str, Any]) -> str:
    """The number, days and records of a pool's additions. The pool's figures are the figures of its newest lot."""
    first, last = node["firstAddition"][:_DAY], node["lastAddition"][:_DAY]
    if node["generations"] == 1:
        return f"pool of 1 addition, {first} (record {node['from']})"
    return f"pool of {node['generations']} additions, {first} to {last} (records {node['from']} to {node['to']})"


def _record_label(graph: "networkx.DiGraph[str]", record: str) -> Line:
    node = graph.nodes[record]
    label = styled(f"{node['type']} {node['index']} by {node['issuer']}", style="cyan")
    if node.get("hiddenInputs"):
        label.append_text(styled(", with inputs that are hidden from you", "dim"))
    if node.get("findings"):
        codes = dict.fromkeys(f"{finding['severity']} {finding['code']}" for finding in node["findings"])
        label.append_text(styled(f": {', '.join(codes)}", "yellow"))
    return label
