"""Explains refusals: all faults of a record at once, each with the allowed values.

Admission stops at the first fault, ahead of the lock or under it. This looks for the others afterwards, among the facts
that the request has read, and proposes names of the issuer's own. It runs only for refused records that a key of their
issuer has signed, and costs the others nothing. An unknown name and one of another organisation are explained with the
same words, since only the issuer's own names are read.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence, Set
from typing import Final, TypeVar

import msgspec
from msgspec import to_builtins
from msgspec.structs import replace

from ledger.admission.facts import Facts
from ledger.admission.lookups import add_names
from ledger.admission.lots import supplies_of
from ledger.admission.names import Names
from ledger.admission.plan import faults_of, same_unit
from ledger.admission.state import State
from ledger.core import patch
from ledger.core.advice import Advice, add_advice, advice
from ledger.core.nearest import meant
from ledger.core.record.faults import faults_of as shape_faults
from ledger.core.record.faults import unit_fault
from ledger.core.record.kinds import AnyRecord, Transformation
from ledger.core.record.values import Output, Supply
from ledger.engine.bounds.matter import mass_of_volume
from ledger.engine.prepare import sets_of
from ledger.engine.prepared import Submission
from ledger.engine.pricing.keys_and_rows import key_faults
from ledger.engine.sector_call import decode_activity
from ledger.errors import FACTS, LedgerError, Refused, Unavailable
from ledger.registry.assessing import Assessor
from ledger.registry.supply_names import is_of_key, propose
from ledger.sdk import FactorSetVersion, Route
from ledger.service.posting.own_names import OwnNames
from ledger.service.posting.prefetch import FactPrefetcher

_NORMAL: Final = "NM3"
_MOST_RECORDS: Final = 50
_MOST_VALUES: Final = 20
"""So many different values of a request are compared with the names that they may mean."""
_MOST_SECONDS: Final = 0.5
_MINTED: Final = ("lot", "newLot", "returnLot", "creditLot", "id", "item")
"""Fields with names that the issuer mints under its prefix."""
_log = logging.getLogger(__name__)
Value = TypeVar("Value")


class Explainer:
    """A process has one."""

    def __init__(self, prefetcher: FactPrefetcher, assessor: Assessor) -> None:
        self._prefetcher = prefetcher
        self._assessor = assessor

    async def explained(
        self, submissions: Sequence[Submission | LedgerError], answers: Sequence[Value], view: State, unmade: set[str]
    ) -> list[Value]:
        """The answers, with explanations in the refusals of the first records of a request. An answer that is its own
        submission was refused before its signature was checked, and stays as it is. A failure leaves the answers as
        they are: records of the request may be committed, and their receipts count more. `unmade`: gets the names that
        refused records of the request would have made."""
        try:
            await self._explain_all(submissions, answers, view, _Proposals(self._prefetcher.own, frozenset(), unmade))
        except Exception:
            _log.exception("explaining refusals failed")
        return list(answers)

    async def explained_late(
        self, submissions: Sequence[Submission], answers: Sequence[Value], view: State, doubtful: Set[str],
        unmade: set[str],
    ) -> list[Value]:
        """The same for answers that came later than the facts of `view`: it reads the facts that refused records name
        anew. Faults with `doubtful` codes are not added."""
        try:
            refused = [
                submission for submission, answer in zip(submissions, answers, strict=True)
                if isinstance(answer, LedgerError) and answer.stage is not None]
            if refused:
                newest = await self._newest(refused[:_MOST_RECORDS], view)
                await self._explain_all(
                    submissions, answers, newest, _Proposals(self._prefetcher.own, doubtful, unmade))
        except Exception:
            _log.exception("explaining refusals failed")
        return list(answers)

    async def _newest(self, submissions: Sequence[Submission], view: State) -> State:
        """The facts of `view`, and those that the records name now."""
        names = Names()
        for submission in submissions:
            add_names(submission.record, names)
        prefetched = await self._prefetcher.read(names, ())
        newest = State(view.origin)
        newest.learn(view)
        newest.learn(prefetched.facts)
        newest.activations, newest.parents = prefetched.now.activations, prefetched.now.parents
        return newest

    async def _explain_all(
        self, submissions: Sequence[Submission | LedgerError], answers: Sequence[object], view: State,
        proposals: "_Proposals",
    ) -> None:
        explained = 0
        for submission, answer in zip(submissions, answers, strict=True):
            if not isinstance(answer, LedgerError) or answer.stage is None:
                continue
            explained += isinstance(submission, Submission)
            if explained > _MOST_RECORDS or proposals.seconds > _MOST_SECONDS:
                break
            if isinstance(submission, Submission):
                await self._explain(submission, answer, view, proposals)
                proposals.unmade.update(_made(submission.record))
            else:
                await self._explain_shape(answer, view, proposals)

    async def _explain_shape(self, error: LedgerError, view: State, proposals: "_Proposals") -> None:
        """A record that cannot be decoded has no verified signature, so only names that everybody knows are proposed.
        """
        for fault in (error, *error.parts):
            if (fault.field or "").endswith(".process") and not fault.mend and fault.code != "missing-field":
                await proposals.add_process(fault, self._processes(view))
            elif is_of_key(fault):
                await proposals.add_key(fault, self._sets(view))

    async def _explain(
        self, submission: Submission, error: LedgerError, view: State, proposals: "_Proposals"
    ) -> None:
        faults = list(error.parts)
        if not faults:
            others = await proposals.aside(lambda: self._others(submission, error, view))
            faults = _with_first(error, [fault for fault in others if fault.code not in proposals.doubtful])
        else:
            of_sector = await proposals.aside(lambda: self._of_sector(submission, view))
            faults += [fault for fault in of_sector if not any(_same(fault, other) for other in faults)]
        sets = self._sets(view)
        for fault in faults:
            if fault.value in proposals.unmade and (fault.code or "").startswith("unknown-"):
                fault.message += "; a refused record of the same request makes it"
            elif is_of_key(fault):
                await proposals.add_key(fault, sets)
            elif not fault.allowed and not fault.mend:
                await proposals.add(fault, submission.record.issuer, view, self._processes(view))
        _propose_masses(faults, submission.record, sets)
        same = next((fault for fault in faults if _same(fault, error)), None)
        if same is not None:
            error.message, error.allowed, error.mend = same.message, same.allowed, same.mend
        if len(faults) > 1 or faults[0].field != error.field:
            error.parts = tuple(faults)

    def _others(self, submission: Submission, error: LedgerError, view: State) -> list[LedgerError]:
        """All faults that the facts show."""
        others = faults_of(submission.record, view) if error.stage == FACTS else []
        keys = key_faults(supplies_of(submission.record), self._sets(view))
        return [*others, *keys, *self._of_sector(submission, view)]

    def _sets(self, view: State) -> tuple[FactorSetVersion, ...]:
        """The factor sets in force, or nothing if this server lacks one of them."""
        try:
            return sets_of(self._assessor.registry, view.activations.versions())
        except Unavailable:
            return ()

    def _processes(self, view: State) -> list[str]:
        """The processes of the sectors in force."""
        versions, registry = view.activations.versions(), self._assessor.registry
        return [
            f"{name}.{route}" for name, installed in registry.sectors.items() if versions.sector(name) is not None
            for route in installed.sector.routes
        ]

    def _of_sector(self, submission: Submission, view: State) -> list[LedgerError]:
        """The faults of a transformation's process and activity."""
        record = submission.record
        if not isinstance(record, Transformation):
            return []
        unknown: list[LedgerError] = []
        process = self._process(record.process, view)
        if process is None:
            unknown = [Refused(f"process: {record.process!r} is not a process in force", code="unknown-process",
                               field="process", value=record.process, rule="a process of a sector in force")]
            near = meant(record.process, self._processes(view))
            process = None if near is None else self._process(near, view)
        return unknown if process is None else [*unknown, *_of_activity(bytes(record.activity), process)]

    def _process(self, name: str, view: State) -> Route | None:
        """A process of a sector in force, if it is installed here."""
        sector, _, route = name.partition(".")
        active = view.activations.versions().sector(sector)
        installed = None if active is None else self._assessor.registry.version(sector, active.digest)
        return None if installed is None else installed.sector.routes.get(route)


def _of_activity(raw: bytes, process: Route) -> list[LedgerError]:
    """The faults of an activity's form."""
    try:
        decode_activity(raw, process.activity)
    except LedgerError:
        tree = msgspec.json.decode(raw)
        return [fault.error() for fault in shape_faults(tree, process.activity, "activity", ("activity",))]
    return []


def _made(record: AnyRecord) -> Iterator[str]:
    """The facility, product, pool and lots that a record makes."""
    for name in ("id", "new_lot"):
        made = getattr(record, name, None)
        if isinstance(made, str):
            yield made
    for output in (*getattr(record, "outputs", ()), getattr(record, "lot", None)):
        if isinstance(output, Output):
            yield output.lot


def _same(fault: LedgerError, error: LedgerError) -> bool:
    if fault.field == error.field:
        return fault.code == error.code or fault.field == "process"
    return same_unit(error, [fault])


def _with_first(error: LedgerError, others: Sequence[LedgerError]) -> list[LedgerError]:
    """All faults; the one that admission found has its words, at its place, or comes first."""
    place = next((i for i, fault in enumerate(others) if _same(fault, error)), None)
    field = error.field if place is None else others[place].field
    first = type(error)(error.message, code=error.code, field=field, value=error.value, rule=error.rule)
    first.allowed, first.mend = error.allowed, error.mend
    if place is not None and not first.mend and (others[place].mend or others[place].allowed):
        first.message, first.allowed, first.mend = (
            others[place].message, others[place].allowed, others[place].mend)
    if place is None:
        return [first, *others]
    return [*others[:place], first, *others[place + 1:]]


class _Proposals:
    """The allowed values, by the code of a fault. Each list of names is read once for a request. The first different
    values of a request are compared with names, each once, in a thread: the event loop answers others meanwhile."""

    def __init__(self, own: OwnNames, doubtful: Set[str], unmade: set[str]) -> None:
        self._own = own
        self.doubtful = doubtful
        self._read: dict[tuple[str, str], Sequence[str]] = {}
        self._given: dict[tuple[str, ...], Advice] = {}
        self._units: set[str] = set()
        self._keys: set[str] = set()
        self.unmade = unmade
        self.seconds = 0.0
        """How long a processor has worked on the request's explanations."""

    async def add(self, fault: LedgerError, issuer: str, facts: Facts, processes: Sequence[str]) -> None:
        """Adds the allowed values to the fault."""
        field, value = fault.field or "", fault.value or ""
        if fault.code in ("unknown-sector", "unknown-route", "unknown-process"):
            await self.add_process(fault, processes)
        elif fault.code == "unknown-unit":
            await self._add_unit(fault, value, field if field.split(".")[-1] == "unit" else f"{field}.unit")
        elif fault.code in ("outside-prefix", "invalid-identifier") and field.split(".")[-1] in _MINTED:
            _propose_prefix(fault, issuer, facts)
        elif fault.code in ("unknown-organization", "invalid-identifier"):
            await self._add_organization(fault, issuer)
        elif fault.code in _OWN:
            key = (*_OWN[fault.code], issuer, value)
            if key in self._given or self._has_room:
                members: list[str] = []
                for kind in _OWN[fault.code]:
                    members += await self._names(kind, issuer)
                await self._add(fault, key, members)

    async def _add_organization(self, fault: LedgerError, issuer: str) -> None:
        """Adds the organisation of this name in lower case, or of this last part beside the issuer."""
        name = (fault.value or "").strip().lower()
        beside = f"{issuer.rpartition(':')[0]}:{name}"
        key = ("organization", name)
        if name and (key in self._given or self._has_room):
            await self._add(fault, key, await self._own.organizations([name, beside]))

    async def add_process(self, fault: LedgerError, processes: Sequence[str]) -> None:
        """Adds the processes that everybody may name."""
        key = ("process", fault.value or "")
        if key in self._given or self._has_room:
            await self._add(fault, key, processes)

    async def add_key(self, fault: LedgerError, sets: tuple[FactorSetVersion, ...]) -> None:
        """Adds the nearest keys of the sets to the fault of an unknown one."""
        if fault.value is not None and (fault.value in self._keys or self._has_room):
            self._keys.add(fault.value)
            await self.aside(lambda: propose(fault, sets))

    async def _add(self, fault: LedgerError, key: tuple[str, ...], members: Sequence[str]) -> None:
        if key not in self._given:
            self._given[key] = await self.aside(lambda: advice(fault.value, members))
        add_advice(fault, self._given[key])

    async def _add_unit(self, fault: LedgerError, value: str, field: str) -> None:
        if value not in self._units and not self._has_room:
            return
        self._units.add(value)
        of_unit = await self.aside(lambda: unit_fault(value, field))
        fault.allowed, fault.mend = of_unit.allowed, of_unit.mend
        fault.message += f"; {of_unit.advice}"

    @property
    def _has_room(self) -> bool:
        return len(self._given) + len(self._units) + len(self._keys) < _MOST_VALUES

    async def aside(self, work: Callable[[], Value]) -> Value:
        """Does the work in a thread and counts its time."""
        def timed() -> tuple[Value, float]:
            started = time.thread_time()
            return work(), time.thread_time() - started

        value, seconds = await asyncio.to_thread(timed)
        self.seconds += seconds
        return value

    async def _names(self, kind: str, issuer: str) -> Sequence[str]:
        if (kind, issuer) not in self._read:
            readers: Mapping[str, Callable[[str], Awaitable[Sequence[str]]]] = {
                "facilities": self._own.facilities, "products": self._own.products, "pools": self._own.pools,
                "lots": self._own.lots,
            }
            self._read[kind, issuer] = await readers[kind](issuer)
        return self._read[kind, issuer]


_OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "unknown-facility": ("facilities",), "unknown-product": ("products",), "unknown-pool": ("pools",),
    "unknown-lot": ("lots", "pools"), "no-default-pool": ("lots", "pools"), "empty-pool": ("lots",),
}
"""The names of the issuer that a refused name may mean, by code."""


def _propose_prefix(fault: LedgerError, issuer: str, facts: Facts) -> None:
    """The last part of a name, under the first prefix of its issuer."""
    organization = facts.organizations.get(issuer)
    last = (fault.value or "").rpartition(":")[2].strip().replace(" ", "-")
    if organization is None or not organization.prefixes or not last:
        return
    name = organization.prefixes[0] + last
    fault.allowed = (name,)
    if fault.field:
        fault.mend = (patch.replace(patch.steps_of(fault.field), name),)
    fault.message += f'; write "{name}"'


def _propose_masses(
    faults: Sequence[LedgerError], record: AnyRecord, sets: tuple[FactorSetVersion, ...]
) -> None:
    """The masses of gases and liquids that are counted by volume, by the densities of the factor sets. A key that is
    to be another one counts as that."""
    renamed = {str(one["path"]): one.get("value") for fault in faults for one in fault.mend}
    for fault in faults:
        path, _, last = patch.pointer(patch.steps_of(fault.field or "")).rpartition("/")
        supply = _part(record, fault.field or "") if fault.code == "missing-mass" and last == "mass" else None
        if not isinstance(supply, Supply):
            continue
        material = str(renamed.get(f"{path}/material", supply.material))
        mass = mass_of_volume(sets, material, supply.quantity)
        if mass is not None:
            fault.mend = (patch.add(patch.steps_of(fault.field or ""), to_builtins(mass)),)
            fault.message += f"; {mass} by the density of {material}"
        elif mass_of_volume(sets, material, replace(supply.quantity, unit=_NORMAL)) is not None:
            fault.message += f"; or count it in {_NORMAL}, at 0 °C and 101.325 kPa, of which the mass is known"


def _part(record: AnyRecord, field: str) -> object:
    """The item of a record's list that a field such as `supplies[0].mass` belongs to."""
    name, index, *_ = patch.steps_of(field)
    return getattr(record, str(name))[index]
