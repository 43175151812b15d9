"""The versions of rules, sector and factor sets that assessed a record.

Each process holds the activations of the log in memory. Activations never change, so only a record that was assessed
after the newest activation in memory needs them to be read again.
"""

from collections.abc import Sequence

from ledger.admission.activations import Activations
from ledger.admission.rules import RULES
from ledger.admission.title_limit import LIMIT_SETTING
from ledger.core.outcome.leaves import AssessmentLeaf
from ledger.core.receipts.statement import VersionClaim
from ledger.engine.sectors import Registry
from ledger.sdk import FactorSetVersion
from ledger.store.database import DatabasePool
from ledger.store.facts import FactLoader


class AssessedVersions:
    """Answers from memory where it can: one object per process."""

    def __init__(self, pool: DatabasePool, registry: Registry) -> None:
        self._pool = pool
        self._registry = registry
        self._loader = FactLoader()
        self._activations = Activations()

    async def of(self, leaf: AssessmentLeaf, index: int) -> list[VersionClaim]:
        """The claims of `version_claims` for the record at `index` with this leaf 0."""
        if leaf.activation > self._activations.newest:
            async with self._pool.acquire() as connection:
                self._activations = (await self._loader.in_force(connection)).activations
        return version_claims(self._activations, leaf, index)

    async def now(self) -> list[VersionClaim]:
        """The claims of the factor sets in force now."""
        async with self._pool.acquire() as connection:
            self._activations = (await self._loader.in_force(connection)).activations
        return [VersionClaim(name=name, version=state.version, digest=state.digest, precedence=state.precedence)
                for name, state in self._activations.versions().plugins.items() if state.precedence is not None]

    def newest_sets(self, claims: Sequence[VersionClaim]) -> tuple[FactorSetVersion, ...]:
        """The newest installed version of each factor set among `claims`, by precedence."""
        sets = sorted([claim for claim in claims if claim.precedence is not None], key=lambda one: one.precedence or 0)
        installed = self._registry.sets
        return tuple([installed[claim.name].newest for claim in sets if claim.name in installed])


def version_claims(activations: Activations, leaf: AssessmentLeaf, index: int) -> list[VersionClaim]:
    """The versions that assessed the record at `index` with this leaf 0, and the limit of its title, if the log sets
    one."""
    limit = activations.before_entry(index).plugins.get(LIMIT_SETTING)
    limits = [] if limit is None else [VersionClaim(name=LIMIT_SETTING, version=limit.version, digest=limit.digest)]
    versions = activations.versions(leaf.activation)
    rules = versions.rules.activated[-1]
    sector = (leaf.plugin or "").partition("/")[0]
    return [
        VersionClaim(name=RULES, version=rules.version, digest=rules.digest),
        *[VersionClaim(name=name, version=state.version, digest=state.digest, precedence=state.precedence)
          for name, state in versions.plugins.items() if name == sector or state.precedence is not None],
        *limits,
    ]
