"""Answers about plugins, and about the ledger's own rules, which the registrar activates in the same way."""

from collections.abc import Mapping, Set

import msgspec

from ledger.admission.activations import PluginState
from ledger.admission.rules import NEWEST, RESERVED, RULES, VERSIONS, Rules
from ledger.answers.stored import FACTORS, SECTOR, PluginAnswer
from ledger.engine.sectors import Registry


def rules_answer(rules: Rules | None = None) -> PluginAnswer:
    """The ledger's own rules: the newest version that this program has, and the version that the log activates."""
    in_force = rules.activated[-1] if rules is not None and rules.activated else None
    installed = {version.digest for version in VERSIONS}
    return PluginAnswer(
        name=RULES, version=NEWEST.name, digest=NEWEST.digest,
        names={"en": "The ledger's rules of admission", "zh": "账本准入规则"}, routes={},
        in_force=in_force.version if in_force else None, in_force_digest=in_force.digest if in_force else None,
        installed=in_force is None or in_force.digest in installed, kind="rules",
        versions=[version.name for version in VERSIONS],
    )


def plugin_answers(
    registry: Registry, in_force: Mapping[str, PluginState], archived: Set[str] = frozenset()
) -> list[PluginAnswer]:
    """One answer for each plugin, in order of names. `archived`: the digests in the log's archive, whose versions a
    server runs as soon as they are in force, also those that another server has archived since this one started.

    A reserved name counts as installed: the log activates it, but no sector has it, so there is nothing to install.
    """
    names = sorted({*registry.sectors, *registry.sets, *in_force})
    return [_answer(name, registry, in_force.get(name), archived) for name in names]


def _answer(name: str, registry: Registry, active: PluginState | None, archived: Set[str]) -> PluginAnswer:
    plugin, factor_set = registry.sector(name), registry.sets.get(name)
    earlier = [one for one in registry.earlier if one.sector.name == name]
    if plugin is not None:
        sector = plugin.sector
        answer = PluginAnswer(
            name=name, version=sector.version, digest=plugin.digest, names={"en": sector.en, "zh": sector.zh},
            routes={route: {"en": names.en, "zh": names.zh} for route, names in sorted(sector.routes.items())},
            installed=active is None or active.digest == plugin.digest,
            versions=[*[one.sector.version for one in earlier], sector.version],
        )
    elif factor_set is not None:
        newest = factor_set.newest
        answer = PluginAnswer(
            name=name, version=newest.version, digest=newest.digest, names={"en": factor_set.en, "zh": factor_set.zh},
            routes={}, installed=active is None or factor_set.version(active.digest) is not None, kind=FACTORS,
            versions=[one.version for one in factor_set.versions],
        )
    else:
        version, digest, precedence = active or PluginState("", "")
        kind = "policy" if name in RESERVED else SECTOR if precedence is None else FACTORS
        answer = PluginAnswer(name=name, version=version, digest=digest, names={}, routes={}, kind=kind,
                              installed=name in RESERVED, versions=[one.sector.version for one in earlier])
    if active is None:
        return answer
    return msgspec.structs.replace(
        answer, in_force=active.version, in_force_digest=active.digest, precedence=active.precedence,
        archived=not answer.installed and active.digest in archived,
    )
