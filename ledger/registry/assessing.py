"""The two places where plugins run: this process, or workers (`ledger.registry.workers`)."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec
from msgspec import Struct

from ledger.admission.activations import Versions
from ledger.core.outcome.assessment import Assessment
from ledger.engine.sectors import Installed, Registry
from ledger.errors import LedgerError
from ledger.registry.archives import Archive
from ledger.registry.terms import SectorTerms
from ledger.sdk import BurntFuels, Context, NaturalInput, Need, RawMaterials, Sector

AssessmentResult = Assessment | LedgerError
"""The assessment of a record, or the error that refuses it."""


class AssessmentCall(NamedTuple):
    """The request that a sector assesses one record. `activity` is JSON."""

    installed: Installed
    context: Context
    activity: bytes


class EarlierVersion(Struct, frozen=True, kw_only=True):
    """A version of a sector that is archived. `read` reads the archive, whose digest is the version's."""

    plugin: str
    digest: str
    terms: SectorTerms
    read: Callable[[], Awaitable[Archive]]

    @property
    def sector(self) -> Sector:
        """The sector as far as its records are planned here. Its routes are in the archive."""
        terms = self.terms
        return Sector(
            name=self.plugin, version=terms.version, en=self.plugin, zh=self.plugin, routes={},
            mass_tolerance=terms.mass_tolerance, element_tolerance=terms.element_tolerance,
            needs=msgspec.convert(terms.needs, dict[str, tuple[Need, ...]], strict=False),
            nature=msgspec.convert(terms.nature, dict[str, tuple[NaturalInput, ...]], strict=False),
            burns_lots=msgspec.convert(terms.burns_lots, dict[str, BurntFuels]), words=terms.words,
            raw_materials=msgspec.convert(terms.raw_materials, dict[str, RawMaterials]),
        )


class Earlier(NamedTuple):
    """Archived versions: of sectors, and of factor sets as the functions that read their archives, by digest."""

    sectors: Sequence[EarlierVersion]
    sets: Mapping[str, Callable[[], Awaitable[Archive]]]


LookUp = Callable[[Sequence[str]], Awaitable[Earlier]]
"""Gives the archived versions, without the ones of the given digests."""


class Assessor(Protocol):
    """Runs plugins. `inline`: whether the event loop's own thread may call the sectors of `registry`."""

    @property
    def inline(self) -> bool: ...

    @property
    def registry(self) -> Registry:
        """The sectors for use in threads: their `assess` waits for the answer."""
        ...

    def under_lock(self) -> Registry:
        """The sectors for one batch that holds the log's lock. All its assessments share a time limit, so that no other
        writer times out waiting for the lock. After the limit they raise Unavailable."""
        ...

    async def load(self) -> None:
        """Returns when `registry` has the sectors. Raises ConfigurationError if a sector cannot be loaded."""
        ...

    async def archived(self, look_up: LookUp) -> None:
        """Adds the archived versions to `registry`. `look_up` gives them; it is asked again if a version comes into
        force that is not known here."""
        ...

    async def ready(self) -> None:
        """Returns when sectors can assess records. Raises ConfigurationError if they never can."""
        ...

    async def prepare(self, versions: Versions) -> None:
        """Looks up these versions, so that `registry` has those that can be run here."""
        ...

    async def assess(self, calls: Sequence[AssessmentCall]) -> list[AssessmentResult]:
        """One assessment or error for each call, in order. It gives the errors of `Installed.assess`, and Unavailable
        if the failure says nothing about the record."""
        ...


class Inside:
    """Runs plugins in this process and thread, without time limits: for audits, tools and tests."""

    inline = True

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def under_lock(self) -> Registry:
        return self.registry

    async def load(self) -> None:
        """Returns at once: the sectors are loaded already."""

    async def archived(self, look_up: LookUp) -> None:
        """Does nothing: archived versions run in workers only."""

    async def ready(self) -> None:
        """Returns at once: the sectors are ready."""

    async def prepare(self, versions: Versions) -> None:
        """Returns at once: `registry` has all that there is."""

    async def assess(self, calls: Sequence[AssessmentCall]) -> list[AssessmentResult]:
        return [_assessed(call) for call in calls]


def _assessed(call: AssessmentCall) -> AssessmentResult:
    try:
        return call.installed.assess(call.context, call.activity)
    except LedgerError as error:
        return error.settled()
