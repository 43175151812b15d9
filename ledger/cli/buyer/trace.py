"""`trace`: the chain of lots as a tree, each lot once."""

from collections.abc import Iterator
from typing import Any, Literal

import click
import networkx
from rich.tree import Tree

from ledger.cli.client import Client, url_option
from ledger.cli.console import Line, json_option, print_json, show, styled
from ledger.errors import LedgerError

_DIRECTIONS = {"up": "upstream", "down": "downstream"}
_DAY = len("2025-12-31")


@click.command()
@click.argument("lots", metavar="LOT...", nargs=-1, required=True)
@click.option("--direction", type=click.Choice(list(_DIRECTIONS)), default="up", show_default=True,
              help="Where it comes from, or what became of it.")
@click.option("--depth", type=click.IntRange(0, 10_000), help="Records to go at most.  [default: all]")
@click.option("--stage", "stages", metavar="PROCESS", multiple=True,
              help="A process behind whose records is not looked; may be given several times.")
@click.option("--at", type=click.IntRange(min=1), metavar="SIZE",
              help="In the tree of so many entries.  [default: now]")
@click.option("--limit", type=click.IntRange(min=1), default=200, show_default=True, help="Lots to show at most.")
@url_option
@json_option
def trace(
    lots: tuple[str, ...], direction: Literal["up", "down"], depth: int | None, stages: tuple[str, ...], at: int | None,
    limit: int, url: str, as_json: bool,
) -> None:
    """Show the lots and records behind each LOT, or after it. LOT may be a pool, which is shown as one."""
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
        # What is no chain may lack anything, anywhere.
        raise LedgerError(f"the server's answer is no chain: {type(error).__name__}: {error}", code="unexpected-answer"
                          ) from None
    for tree in trees:
        show(tree)


def _trees(data: dict[str, Any], direction: str, limit: int) -> list[Tree]:
    """A tree for each lot that was asked for. What the server has answered is not checked before."""
    graph: networkx.DiGraph[str] = networkx.DiGraph(networkx.node_link_graph(data, edges="edges"))
    shown: set[str] = set()
    return [chain_tree(graph, root, direction, limit, shown) for root in graph.graph["roots"]]


def chain_tree(
    graph: "networkx.DiGraph[str]", root: str, direction: str, limit: int, shown: set[str] | None = None
) -> Tree:
    """Lots below the lot that they lead to or come from, pools among them. One that comes again is named, not shown
    again. `shown`: those of trees before this one, to which its own are added.

    Nothing recurses: a chain may be thousands of records deep.
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
        tree.add(styled(f"… and more behind {left} lots: --limit, --depth or --json", style="dim"))
    return tree


def _elsewhere(lot: str) -> Line:
    return styled(f"{lot} (shown elsewhere)", style="dim")


def _steps(graph: "networkx.DiGraph[str]", lot: str, direction: str) -> Iterator[tuple[str | None, list[str]]]:
    """The records next to a lot, each with the lots on its other side; and with no record the lots that went into a
    pool straight away, or the pools that a lot went into."""
    beside = graph.predecessors if direction == "up" else graph.successors
    straight: list[str] = []
    for one in beside(lot):
        if graph.nodes[one]["kind"] == "record":
            yield one, list(beside(one))
        else:
            straight.append(one)
    if straight:
        yield None, straight


def _taken(graph: "networkx.DiGraph[str]", lot: str, record: str) -> str:
    """The quantity of an edge; from a pool to the credits that it gave there is none."""
    edge = graph.get_edge_data(lot, record) or {}
    return f"{edge['quantity']} {edge['unit']} of " if "quantity" in edge else ""


def _lot_label(graph: "networkx.DiGraph[str]", lot: str, taken: str = "") -> Line:
    found = graph.nodes[lot]
    label = styled(taken)
    label.append_text(styled(lot, "bold"))
    label.append_text(styled(f"  {found['quantity']} {found['unit']} {found['role']}, "
                             f"{found['footprint']:,.3f} kg CO2e"))
    if found["kind"] == "pool":
        label.append_text(styled(f"; {_pool_period(found)}", "cyan"))
    return label


def _pool_period(found: dict[str, Any]) -> str:
    """How often a pool was added to, on which days and by which records. Its figures are those of its newest lot."""
    first, last = found["firstAddition"][:_DAY], found["lastAddition"][:_DAY]
    if found["generations"] == 1:
        return f"pool of 1 addition, {first} (record {found['from']})"
    return f"pool of {found['generations']} additions, {first} to {last} (records {found['from']} to {found['to']})"


def _record_label(graph: "networkx.DiGraph[str]", record: str) -> Line:
    found = graph.nodes[record]
    return styled(f"{found['type']} {found['index']} by {found['issuer']}", style="cyan")
