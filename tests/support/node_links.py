"""What a ledger in memory holds, in the form of `/v1/chain`, and chains of that form made by hand."""

import json
import random
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec
import numpy
from msgspec import to_builtins

from ledger.admission.facts import LotFacts
from ledger.core.outcome.assessment import BURDENS, Assessment
from ledger.core.outcome.leaves import AssessmentLeaf, read
from ledger.core.record.kinds import AnyRecord
from ledger.drawings.sankey.kinds import kinds_of
from ledger.drawings.sankey.model import Kind
from ledger.footprint.derived.chain.columns import LotColumns, Records
from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.derived.findings import findings_in
from support.chains import whole_chain
from support.memory import MemoryLedger

Data = dict[str, Any]
_assessment = msgspec.json.Decoder(Assessment)


class NodeLinks(NamedTuple):
    """Nodes and edges as JSON has them."""

    nodes: list[Data]
    edges: list[Data]


def node_links(memory: MemoryLedger, *, fold: bool = True) -> NodeLinks:
    """All lots and records of a ledger, as they read now."""
    chain = chain_of_all(memory, fold=fold)
    return as_json(chain.each_node(), chain.each_edge())


def as_json(nodes: Iterable[tuple[str, Data]], edges: Iterable[tuple[str, str, Data]]) -> NodeLinks:
    """Nodes and edges as `/v1/chain` answers them. A part of a lot that a revision emptied is null there."""
    listed = [[{**data, "id": name} for name, data in nodes],
              [{**data, "source": source, "target": target} for source, target, data in edges]]
    return NodeLinks(*json.loads(json.dumps(to_builtins(listed)).replace("Infinity", "null")))


def chain_of_all(memory: MemoryLedger, *, fold: bool = True) -> Chain:
    """The same as a graph."""
    arrays = whole_chain(memory)
    by_number = {lot.number: lot for lot in memory.state.lots.values()}
    lots = [by_number[number] for number in arrays.numbers.tolist()]
    columns = LotColumns(
        ids=[lot.id for lot in lots], products=[lot.product for lot in lots], holders=[lot.holder for lot in lots],
        roles=[lot.role for lot in lots], quantities=[f"{lot.quantity:f}" for lot in lots],
        units=[lot.unit for lot in lots], items=[lot.item for lot in lots], pools=[lot.pool for lot in lots],
        facilities=[_maker(lot)[0] for lot in lots], processes=[_maker(lot)[1] for lot in lots],
        burdens=numpy.array([memory.figures[lot.id].burdens for lot in lots]).reshape(len(lots), len(BURDENS)),
    )
    indexes = arrays.records.tolist()
    read_now = [_reading(memory, index) for index in indexes]
    findings = {index: _findings(memory, index) for index in indexes}
    records = Records(
        [memory.digests[index].hex() for index in indexes], [str(record.kind) for record in read_now],
        [record.issuer for record in read_now], {}, {index: listed for index, listed in findings.items() if listed})
    wholes = [Decimal(lots[place].quantity) for place in arrays.inputs.tolist()]
    quantities = [Decimal(repr(part)) * whole for part, whole in zip(arrays.parts.tolist(), wholes, strict=True)]
    return Chain.of(arrays, columns, records, quantities, fold=fold)


def _maker(lot: LotFacts) -> tuple[str | None, str | None]:
    return (None, None) if lot.maker is None else lot.maker


def _reading(memory: MemoryLedger, index: int) -> AnyRecord:
    record = memory.reading(index)
    assert record is not None
    return record


def _findings(memory: MemoryLedger, index: int) -> list[Any]:
    leaves = memory.leaves[index]
    return list(map(_listed, findings_in(index, leaves[0]).findings)) if leaves else []


def _listed(finding: Any) -> Any:
    kept = ("record", "code", "severity", "amount", "output")
    return {name: getattr(finding, name) for name in kept if getattr(finding, name) is not None}


def kinds_by_digest(memory: MemoryLedger) -> dict[str, dict[Kind, float]]:
    """The kinds of every record with an assessment, by digest."""
    kinds = {}
    for index in range(len(memory.records)):
        leaf: AssessmentLeaf | None = memory.assessment(index)
        if leaf is not None and memory.reading(index) is not None:
            kinds[memory.digests[index].hex()] = kinds_of(_assessment.decode(leaf.assessment), read(leaf.covered))
    return kinds


def lot(id_: str, footprint: float, **data: Any) -> Data:
    """A lot of 1,000 kg."""
    return {"id": id_, "kind": "lot", "product": f"urn:{id_}", "holder": "mill", "role": "product", "quantity": "1000",
            "unit": "KGM", "footprint": footprint, "questioned": 0.0, "process": "works.melt", **data}


def record(id_: str, index: int, type_: str = "transformation", **data: Any) -> Data:
    return {"id": id_, "kind": "record", "index": index, "type": type_, "issuer": "mill", **data}


def makes(source: str, target: str, share: float = 1.0) -> Data:
    return {"source": source, "target": target, "share": share}


def takes(target: str, source: str, part: float = 1.0) -> Data:
    return {"source": source, "target": target, "quantity": f"{1000 * part:g}", "unit": "KGM", "part": part}


def line(amounts: Iterable[float]) -> NodeLinks:
    """A chain of processes r0, r1, ... that each take the whole lot of the one before and add an amount; the last lot
    is `end`."""
    links, total, before = NodeLinks([], []), 0.0, ""
    values = list(amounts)
    for place, amount in enumerate(values):
        total += amount
        name = "end" if place == len(values) - 1 else f"l{place}"
        links.nodes.extend([record(f"r{place}", place), lot(name, total)])
        links.edges.append(makes(f"r{place}", name))
        if before:
            links.edges.append(takes(f"r{place}", before))
        before = name
    return links


def random_chain(source: random.Random, size: int) -> NodeLinks:
    """Processes that take parts of up to three earlier lots, with removals, credits, questions, waste and freight. The
    last lot, `end`, takes from all lots that nothing else takes."""
    links = NodeLinks([], [])
    figures: list[float] = []
    questions: list[float] = []
    unused: set[int] = set()
    for place in range(size):
        last = place == size - 1
        taken = unused if last else set(source.sample(range(place), min(place, source.choice([0, 1, 1, 2, 3]))))
        unused = (unused - taken) | {place}
        type_ = "transfer" if len(taken) == 1 and not last and source.random() < 0.2 else "transformation"
        links.nodes.append(record(f"r{place}", place, type_))
        figure = source.choice([1.0, 10.0, 100.0]) * source.uniform(-0.1, 1.0)
        question = source.choice([0.0, 0.0, 0.0, 20.0])
        for other in sorted(taken):
            part = source.choice([0.1, 0.5, 1.0])
            figure += part * figures[other]
            question += part * questions[other]
            links.edges.append(takes(f"r{place}", f"l{other}", part))
        figures.append(figure)
        questions.append(question)
        name = "end" if last else f"l{place}"
        links.nodes.append(lot(name, figure, questioned=question))
        links.edges.append(makes(f"r{place}", name))
    return links
