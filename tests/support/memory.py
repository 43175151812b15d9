"""A whole ledger in memory: the real batch over one long-lived state, without database, server or clock."""

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

import msgspec
from msgspec.structs import replace

from ledger.admission.rules import NEWEST, RULES
from ledger.admission.state import State
from ledger.core.log.frontier import Frontier
from ledger.core.outcome.leaves import AssessmentLeaf, LotLeaf, read
from ledger.core.record import canonical
from ledger.core.record.kinds import Activation, Amendment, AnyRecord, Closing, Consumption, Transfer, Transformation
from ledger.core.record.units import convert
from ledger.core.record.values import Flow
from ledger.engine.batch import Batch, Item, Sequenced, Verdict
from ledger.engine.prepare import sets_of
from ledger.engine.prepared import REVISING, Prepared, Submission
from ledger.engine.revision.history import History
from ledger.engine.revision.recompute import Engine, Revision
from ledger.engine.revision.revise import revise
from ledger.engine.sectors import Registry
from ledger.errors import LedgerError
from ledger.footprint.stored.burdens import named, vector_of
from ledger.footprint.stored.figures import LotFigures
from ledger.sdk import FactorSetVersion
from support.keeping import keep
from support.parties import Party, enrolment, nonces, party
from support.unknown import marked

ORIGIN: Final = "test.example/log"
_START: Final = 1_893_456_000_000
"""2030, after all records of tests."""
_leaf = msgspec.json.Decoder(AssessmentLeaf)
_lot_leaf = msgspec.json.Decoder(LotLeaf)


class MemoryLedger:
    """Begins with its registrar, and with activations of the rules and of each sector of the registry.

    `records`, `signed`, `digests`, `entries`, `leaves` and `original_leaves` are by log index, `figures` by lot id.
    `records` and `original_leaves` are as posted; `leaves`, `figures` and what methods tell are as the log reads now.
    """

    def __init__(self, registry: Registry, origin: str = ORIGIN, seed: int = 0) -> None:
        self.registry = registry
        self.state = State(origin)
        self.figures: dict[str, LotFigures] = {}
        self.records: list[AnyRecord] = []
        self.digests: list[bytes] = []
        self.entries: list[bytes] = []
        self.signed: list[Submission] = []
        self.leaves: list[tuple[bytes, ...]] = []
        self.original_leaves: list[tuple[bytes, ...]] = []
        self._readings: dict[int, list[tuple[int, AnyRecord | None]]] = {}
        self._versions: dict[str, list[tuple[int, LotFigures]]] = {}
        self.frontier = Frontier()
        self.history = History(self.state, self.figures)
        self.revisions: list[tuple[int, Revision]] = []
        self.seed = seed
        self.nonces = nonces(seed, "ledger")
        self.registrar = party(seed, "registrar")
        self._batches = 0
        self.must((self.registrar, enrolment(self.registrar, self.registrar, origin, self.nonce(), prefixes=())))
        self.activate(RULES, NEWEST.name, NEWEST.digest)
        for one in registry.sectors.values():
            self.activate(one.sector.name, one.sector.version, one.digest)

    def activate(self, plugin: str, version: str, digest: str, precedence: int | None = None) -> None:
        """Puts a version into force."""
        self.must((self.registrar, Activation(
            issuer=self.registrar.id, nonce=self.nonce(), plugin=plugin, version=version, digest=digest,
            precedence=precedence,
        )))

    def activate_sets(self) -> None:
        """Puts the newest version of every factor set into force, by the order of their names."""
        for precedence, (name, one) in enumerate(sorted(self.registry.sets.items()), start=1):
            self.activate(name, one.newest.version, one.newest.digest, precedence)

    @property
    def origin(self) -> str:
        return self.state.origin

    def nonce(self) -> str:
        return next(self.nonces)

    def enrol(self, name: str, prefixes: Sequence[str] | None = None) -> Party:
        """Enters `urn:example:NAME` with a key of its own, by default with the prefix `urn:example:NAME:`."""
        entered = party(self.seed, name)
        self.admit([entered], prefixes)
        return entered

    def admit(
        self, parties: Iterable[Party], prefixes: Sequence[str] | None = None,
        roles: Sequence[Literal["auditor", "registrar"]] = (),
    ) -> None:
        """Enters organisations made elsewhere."""
        for one in parties:
            record = enrolment(one, self.registrar, self.state.origin, self.nonce(), prefixes=prefixes)
            self.must((self.registrar, replace(record, roles=list(roles)) if roles else record))

    def pass_seconds(self, seconds: int) -> None:
        """The next batch comes so much later."""
        self._batches += seconds

    def submission(self, signer: Party, record: AnyRecord) -> Submission:
        """The record as it would come out of its envelope: canonical, decoded again, signed."""
        body = canonical.encode(record)
        digest = canonical.digest(body)
        signature = signer.key.sign_record(self.state.origin, record.kind, digest)
        return Submission(canonical.decode_record(body), body, digest, signer.key.keyid, signature)

    def post(self, records: Iterable[tuple[Party, AnyRecord]]) -> list[Verdict]:
        """One batch; one verdict a record, in order. A record that does not decode gets its error as verdict."""
        verdicts: list[Verdict | None] = []
        items: list[Item] = []
        for signer, record in records:
            try:
                items.append(Item(self.submission(signer, record), None))
                verdicts.append(None)
            except LedgerError as error:
                verdicts.append(error)
        found: list[Verdict] = []
        for item in items:
            found.extend(self._run(item))
        self._batches += 1
        for item, verdict in zip(items, found, strict=True):
            if isinstance(verdict, Sequenced):
                self.signed.append(item.submission)
                self._enter(item.submission.record, verdict)
        rest = iter(found)
        return [next(rest) if verdict is None else verdict for verdict in verdicts]

    def _enter(self, record: AnyRecord, verdict: Sequenced) -> None:
        """Notes a record, and what it made of those before it."""
        size = verdict.index + 1
        self.records.append(record)
        self.digests.append(verdict.digest)
        self.entries.append(verdict.entry)
        self.leaves.append(verdict.leaves)
        self.original_leaves.append(verdict.leaves)
        for revision in [found for index, found in self.revisions if index == verdict.index]:
            for one in revision.revised:
                self.leaves[one.index] = one.outcome.leaves if one.outcome is not None else ()
                reading = one.prepared.submission.record if one.prepared is not None else None
                self._readings.setdefault(one.index, []).append((size, reading))
                for lot, figures in zip(one.lots, one.figures, strict=True):
                    self._versions[lot.id].append((size, figures))
        if verdict.index in self.history.made and not isinstance(record, REVISING):
            for leaf, name in zip(verdict.leaves[1:], self.history.made[verdict.index], strict=True):
                told = _lot_leaf.decode(leaf)
                self._versions[name] = [(size, LotFigures(vector_of(read(told.burdens)), read(told.contents)))]

    def _run(self, item: Item) -> list[Verdict]:
        """A batch of one, since a record may revise those before it."""
        time = _START + 1_000 * self._batches
        batch = Batch(
            self.state, self.figures, self.registry, time, self._revise, len(self.revisions) + 1
        )
        verdicts = batch.run([item])
        for index, prepared in batch.sequenced:
            keep(self.history, index, prepared)
        self.frontier = self.frontier.extended(batch.leaf_hashes)
        return verdicts

    def _revise(self, prepared: Prepared) -> Revision:
        record = prepared.submission.record
        if not isinstance(record, Amendment | Closing):
            raise TypeError(record)
        revision = revise(Engine(self.history, self.registry), record, self.history)
        self.revisions.append((self.state.size, revision))
        return revision

    def must(self, *records: tuple[Party, AnyRecord]) -> list[Sequenced]:
        """Posts records of which none may be refused; raises the first error. Supplies that no factor set knows say so:
        a test of that rule posts by itself."""
        sequenced = []
        for verdict in self.post([(signer, marked(record, self._sets)) for signer, record in records]):
            if isinstance(verdict, LedgerError):
                raise verdict
            if not isinstance(verdict, Sequenced):
                raise TypeError(f"the record is on the log already: {verdict}")
            sequenced.append(verdict)
        return sequenced

    def _sets(self) -> tuple[FactorSetVersion, ...]:
        return sets_of(self.registry, self.state.activations.versions())

    def burdens(self, lot: str) -> dict[str, float]:
        """Burdens of a whole lot by name."""
        return named(self.figures[lot].burdens)

    def contents(self, lot: str) -> dict[str, float]:
        return dict(self.figures[lot].contents)

    def assessment(self, index: int) -> AssessmentLeaf | None:
        """Leaf 0 of the outcome at `index`; None for a record without results."""
        leaves = self.leaves[index]
        return _leaf.decode(leaves[0]) if leaves else None

    def retained(self, index: int) -> dict[str, float]:
        """Burdens that stayed with the record at `index`; zeros are absent."""
        leaf = self.assessment(index)
        return read(leaf.retained) if leaf else {}

    def reading(self, index: int, size: int | None = None) -> AnyRecord | None:
        """The record at `index` as it reads now, or in the tree of `size`; None where it is withdrawn."""
        found: AnyRecord | None = self.records[index]
        for since, record in self._readings.get(index, ()):
            if size is None or since <= size:
                found = record
        return found

    def figures_at(self, size: int) -> dict[str, LotFigures]:
        """The figures of all lots that are in the tree of `size`, as of then."""
        found: dict[str, LotFigures] = {}
        for lot, versions in self._versions.items():
            for since, figures in versions:
                if since <= size:
                    found[lot] = figures
        return found

    def left(self, lot: str) -> Fraction:
        """The part of a lot that nobody has taken yet."""
        return Fraction(self.state.remaining[lot]) / Fraction(self.state.lots[lot].quantity)

    def taken(self, record: AnyRecord) -> list[tuple[str, float]]:
        """The lots that a record on the log takes from as it reads now, with the part of each."""
        return self.taken_by(self.state.records[canonical.digest(canonical.encode(record)).hex()].index)

    def taken_by(self, index: int) -> list[tuple[str, float]]:
        """The same of the record at `index`. Which generation of a pool a flow means stands in the record's plan, and
        what other records take but do not state."""
        prepared = self.history.prepared.get(index)
        if prepared is None:
            return []
        record = prepared.submission.record
        match record:
            case Transformation() | Consumption():
                flows = record.inputs
            case Transfer():
                flows = [Flow(lot=record.lot, quantity=record.quantity)]
            case _:
                return [(one.lot.id, self._part(one.lot.id, one.quantity)) for one in prepared.plan.taken]
        return [
            (one.lot.id, self._part(one.lot.id, convert(flow.quantity.amount, flow.quantity.unit, one.lot.unit)))
            for flow, one in zip(flows, prepared.plan.taken, strict=True)
        ]

    def _part(self, lot: str, amount: Decimal) -> float:
        return float(amount) / float(self.state.lots[lot].quantity)

    def root(self) -> bytes:
        """RFC 6962 root of the log."""
        return self.frontier.root()

    def fingerprint(self) -> str:
        """SHA-256 over all that a record could change; equal before and after where it left no trace."""
        state = self.state
        keys = {keyid.hex(): (key.organization, key.active) for keyid, key in state.keys.items()}
        parts = [
            state.size, keys, state.remaining, state.used, state.holding, state.accepted, state.plugins,
            state.presumed, state.standing, state.given, state.seen,
            state.prefixes, state.digests, state.organizations, state.facilities, state.products, state.lots,
            state.declarations, state.transfers, state.closed, state.frozen, state.openings, state.pools,
            state.default_pools, state.lines, state.records, state.reports, state.group_goods, state.made_goods,
            self.figures, self.entries,
            self.frontier.to_bytes(),
            *[vars(self.history)[name] for name in vars(self.history) if name not in ("state", "figures")],
        ]
        return hashlib.sha256("\n".join(_stable(part) for part in parts).encode()).hexdigest()


def _stable(part: object) -> str:
    """`repr` without the order in which sets and dicts were filled."""
    if isinstance(part, dict):
        return f"{{{','.join(sorted([f'{key!r}:{_stable(value)}' for key, value in part.items()]))}}}"
    return f"{{{','.join(sorted(map(repr, part)))}}}" if isinstance(part, set | frozenset) else repr(part)
