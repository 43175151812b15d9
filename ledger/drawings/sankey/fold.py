"""Folds a chain to its processes: the amounts that arrive at each, that each adds, and that pass from one to the next.

One pass against the log, as `footprint.derived.contributions` describes it: a record's scale is the part of its lots
that reaches the asked lots. It adds the difference between the figures of its lots and of its inputs:

    added(record) = sum over its lots of weight(lot) * figure(lot) - scale(record) * sum of part * figure(lot taken)

So the added amounts of all nodes sum to the figure of the asked lots, whatever the chain holds. The emission lines of a
record, if the caller may see them, divide its amount by kind. Questioned amounts pass by shares of their own, which
follow from the stored figures (see `footprint.derived.rank_findings`).

Three things differ from the chain. A transfer is no node: its freight counts with the process that receives the goods.
The additions to a pool are one node, from which every draw takes a mixture of all that went in, since the folded chain
does not say which addition a draw took from; sums stay exact, the parts behind a pool are averages. Mass passes by the
same scales as CO2e, so co-products take their allocation share of the inputs with them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from ledger.drawings.sankey.chain import EdgeData, NodeData, ReadChain, masses_of, read_chain
from ledger.drawings.sankey.columns import columns_of
from ledger.drawings.sankey.drafts import ASKED, Drafts
from ledger.drawings.sankey.model import Kind, Measure, Sankey
from ledger.drawings.sankey.splitting import Splitting
from ledger.errors import InvalidInput
from ledger.footprint.derived.findings import MADE

_PASSING: Final = frozenset({"transfer", "acceptance"})
_ADDITION: Final = "addition"
_MOST_ROUNDS: Final = 100
"""How often goods that return to a pool go round again. Each round shrinks their amount."""
_NEGLIGIBLE: Final = 1e-12


class FoldOptions(NamedTuple):
    """`kinds`: kg CO2e that whole records add, by digest, see `kinds_of`; only of records that the reader may see in
    full. `masses`: kg of whole lots that are counted in pieces or by volume, by id."""

    measure: Measure = "co2e"
    kinds: Mapping[str, Mapping[Kind, float]] = {}
    masses: Mapping[str, float] = {}


BY_FIGURE: Final = FoldOptions()

_Use = tuple[str, float, float]
"""A node that takes from a lot, with the weights of the lot's figure and of its question."""


def fold(
    nodes: Iterable[NodeData], edges: Iterable[EdgeData], targets: Sequence[str], options: FoldOptions = BY_FIGURE,
) -> Sankey:
    """The processes behind lots or pools (`targets`), as `/v1/chain` answers their upstream chain. Linear in the
    chain. Raises InvalidInput for a target that is not in the chain, and for data of another form."""
    chain = read_chain(nodes, edges)
    asked = list(dict.fromkeys(targets))
    for target in asked:
        if target not in chain.lots and target not in chain.pools:
            raise InvalidInput(f"lot {target!r} is not in the chain", code="not-in-chain", field="lot", value=target,
                               rule="one of the roots of the chain")
    order = _order(chain)
    figures = _figures(chain, options, order)
    questions = {} if options.measure == "mass" else _questions(chain)
    folding = _Folding(chain, (figures, questions), options)
    for target in asked:
        folding.use(target, (ASKED, 1.0, 1.0))
    for step in reversed(order):
        folding.visit(step)
    folding.go_round()
    folding.end()
    largest = max([abs(figures[target]) for target in asked], default=0.0)
    drawn, links = folding.drafts.finished(_NEGLIGIBLE * max(largest, folding.drafts.largest()))
    return Sankey(
        columns_of(drawn, links).ordered(drawn), tuple(links), sum([figures[target] for target in asked]),
        sum([questions.get(target, 0.0) for target in asked]), options.measure)


def _order(chain: ReadChain) -> list[str]:
    """Records and pools, in log order. A pool stands where its first addition does, before all that take from it."""
    places = [(data["index"], id_) for id_, data in chain.records.items()]
    places += [(data.get("from", 0), id_) for id_, data in chain.pools.items()]
    places.sort()
    return [id_ for _, id_ in places]


def _figures(chain: ReadChain, options: FoldOptions, order: Sequence[str]) -> dict[str, float]:
    if options.measure == "mass":
        masses = masses_of(chain, options.masses, order)
        return {id_: masses.get(id_, 0.0) for members in (chain.lots, chain.pools) for id_ in members}
    return {id_: data["footprint"] for members in (chain.lots, chain.pools) for id_, data in members.items()}


def _questions(chain: ReadChain) -> dict[str, float]:
    """Kg CO2e in question of the lots that have any."""
    return {id_: data["questioned"] for members in (chain.lots, chain.pools) for id_, data in members.items()
            if data.get("questioned")}


class _Folding:
    """The state of the pass: the uses of lots that no step has visited yet, and the drafts of nodes and links."""

    def __init__(
        self, chain: ReadChain, amounts: tuple[Mapping[str, float], Mapping[str, float]], options: FoldOptions
    ) -> None:
        self._chain = chain
        self._figures, self._questions = amounts
        self._uses: dict[str, list[_Use]] = {}
        self._groups: dict[str, str] = {}
        self.drafts = Drafts(chain)
        self._splitting = Splitting(chain, options.measure, options.kinds)

    def use(self, lot: str, use: _Use) -> None:
        """A node takes from a lot, or asks for it."""
        if lot in self._uses:
            self._uses[lot].append(use)
        elif lot != self._chain.hidden and (use[1] or use[2]):
            self._uses[lot] = [use]

    def visit(self, step: str) -> None:
        """Moves the uses of the lots that a record or pool makes on to the lots that it takes."""
        record = self._chain.records.get(step)
        uses = self._uses
        used = [(lot, share, uses.pop(lot)) for lot, share in self._chain.made.get(step, ()) if lot in uses]
        if record is None:
            if step in uses:
                used.append((step, 1.0, uses.pop(step)))
            if used:
                self._visit_pool(step, used)
            return
        if not used:
            return
        if record["type"] == _ADDITION:
            self._visit_addition(step, used)
        else:
            self._visit_record(step, record, used)

    def _visit_addition(self, step: str, used: list[tuple[str, float, list[_Use]]]) -> None:
        """An addition of a chain whose pools are not folded: all additions to a pool are drawn as one node."""
        node = self._groups.setdefault(step, step)
        for lot, _ in self._chain.taken.get(step, ()):
            maker = self._chain.records.get(self._chain.maker.get(lot, ""))
            if maker is not None and maker["type"] == _ADDITION:
                self._groups[maker["id"]] = node
        self._visit_record(step, self._chain.records[step], used)

    def _visit_record(self, step: str, record: NodeData, used: list[tuple[str, float, list[_Use]]]) -> None:
        """`used`: lots with their shares and uses. They add up by the node that is drawn for the record: itself, or for
        a transfer each receiver."""
        passing, node = record["type"] in _PASSING, self._groups.get(step, step)
        taken = self._chain.taken.get(step, ())
        figures = self._figures
        incoming = sum([part * figures[lot] for lot, part in taken])
        asked = self._incoming_question(taken) if self._questions else 0.0
        sums: dict[str, list[float]] = {}
        for lot, share, uses in used:
            figure, question = figures[lot], self._questions.get(lot, 0.0)
            passed = self._question_share(record, (step, lot), question, asked) if question else 0.0
            for receiver, weight, of_question in uses:
                drawn = receiver
                if not passing or receiver == ASKED:
                    drawn = node
                    self.drafts.link(node, lot, receiver, weight * figure, of_question * question)
                if drawn not in sums:
                    sums[drawn] = [0.0, 0.0, 0.0, 0.0]
                amounts = sums[drawn]
                amounts[0] += weight * figure
                amounts[1] += weight * share
                amounts[2] += of_question * question
                amounts[3] += of_question * passed
        for drawn, (amount, scale, question, passed) in sums.items():
            self._add(step, drawn, amount - scale * incoming, scale)
            if question:
                self.drafts.question(drawn, question - passed * asked)
            for lot, part in taken:
                self.use(lot, (drawn, scale * part, passed * part))

    def _add(self, step: str, drawn: str, amount: float, scale: float) -> None:
        split = self._splitting.split(step, amount, scale)
        for kind, part in split.added.items():
            self.drafts.add(drawn, kind, part)
        if split.hidden and self._chain.hidden is not None:
            self.drafts.arrive(self._chain.hidden, drawn, split.hidden, 0.0)

    def _incoming_question(self, taken: Iterable[tuple[str, float]]) -> float:
        questions = self._questions
        return sum([part * questions[lot] for lot, part in taken if lot in questions])

    def _question_share(self, record: NodeData, made: tuple[str, str], question: float, incoming: float) -> float:
        """The part of a record's incoming question that a lot takes on. `made`: record and lot. Findings about
        the lot alone are its own, if the record makes no other lot; else the chain does not say which lot they mean.
        """
        step, _ = made
        entering, own = incoming, 0.0
        for finding in record.get("findings", ()):
            amount = finding.get("amount") or 0.0
            if finding.get("output") is None or finding["code"] not in MADE:
                entering += amount
            elif len(self._chain.made[step]) == 1:
                own += amount
        return min(1.0, max(question - own, 0.0) / entering) if entering > 0.0 else 0.0

    def _visit_pool(self, pool: str, used: list[tuple[str, float, list[_Use]]]) -> None:
        """`used`: the pool itself, and credits that its additions made."""
        amount = asked = 0.0
        for source, _, uses in used:
            figure, question = self._figures[source], self._questions.get(source, 0.0)
            lot = self._chain.pools[pool].get("lot", pool) if source == pool else source
            for receiver, weight, of_question in uses:
                self.drafts.link(pool, lot, receiver, weight * figure, of_question * question)
                amount += weight * figure
                asked += of_question * question
        taken = self._chain.taken.get(pool, ())
        incoming = sum([part * self._figures[source] for source, part in taken])
        questions = self._incoming_question(taken)
        scale = min(amount / incoming, 1.0) if incoming > 0.0 and amount > 0.0 else 0.0
        passed = min(asked / questions, 1.0) if questions > 0.0 else 0.0
        self._add(pool, pool, amount - scale * incoming, scale)
        self.drafts.question(pool, asked - passed * questions)
        for source, part in taken:
            self.use(source, (pool, scale * part, passed * part))

    def go_round(self) -> None:
        """Visits pools again to which something returned that was drawn from them. The rest after many rounds counts
        as added where it arrives."""
        for _ in range(_MOST_ROUNDS):
            waiting = {step for step in map(self._step_of, self._uses) if step is not None}
            if not waiting:
                return
            for step in sorted(waiting, key=self._place, reverse=True):
                self.visit(step)
        for lot in [lot for lot in self._uses if self._step_of(lot) is not None]:
            for receiver, weight, of_question in self._uses.pop(lot):
                self.drafts.add(receiver, "added", weight * self._figures[lot])
                self.drafts.question(receiver, of_question * self._questions.get(lot, 0.0))

    def _step_of(self, lot: str) -> str | None:
        return lot if lot in self._chain.pools else self._chain.maker.get(lot)

    def _place(self, step: str) -> tuple[Any, str]:
        data = self._chain.records.get(step)
        return (self._chain.pools[step].get("from", 0) if data is None else data["index"], step)

    def end(self) -> None:
        """Draws the lots that the caller received, or asked for, from hidden records."""
        for lot, uses in self._uses.items():
            figure, question = self._figures[lot], self._questions.get(lot, 0.0)
            for receiver, weight, of_question in uses:
                self.drafts.arrive(lot, receiver, weight * figure, of_question * question)
