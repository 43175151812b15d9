"""Answers about plugins, and about the ledger's own rules, which the registrar activates in the same way."""

from collections.abc import Mapping

from ledger.admission.rules import NEWEST, RESERVED, RULES, VERSIONS, Activated, Rules
from ledger.engine.sectors import Registry
from ledger.service.queries.answers import PluginAnswer


def rules_answer(rules: Rules | None = None) -> PluginAnswer:
    """The ledger's own rules: the newest version that this program has, and the version that the log activates."""
    in_force = None
    if rules is not None:
        in_force = rules.activated[-1] if rules.activated else Activated(0, VERSIONS[0].name, VERSIONS[0].digest)
    installed = {version.digest for version in VERSIONS}
    return PluginAnswer(
        name=RULES, version=NEWEST.name, digest=NEWEST.digest,
        names={"en": "The ledger's rules of admission", "zh": "账本准入规则"}, routes={},
        in_force=in_force.version if in_force else None, in_force_digest=in_force.digest if in_force else None,
        installed=in_force is None or in_force.digest in installed,
    )


def plugin_answers(registry: Registry, in_force: Mapping[str, tuple[str, str]]) -> list[PluginAnswer]:
    """One answer for each plugin, in order of names.

    A reserved name counts as installed: the log activates it, but no sector has it, so there is nothing to install.
    """
    answers = []
    for name in sorted({*registry.sectors, *in_force}):
        plugin, active = registry.sector(name), in_force.get(name)
        if plugin is None:
            version, digest = active or ("", "")
            answers.append(PluginAnswer(name=name, version=version, digest=digest, names={}, routes={},
                                        in_force=version, in_force_digest=digest, installed=name in RESERVED))
            continue
        sector = plugin.sector
        answers.append(PluginAnswer(
            name=name, version=sector.version, digest=plugin.digest, names={"en": sector.en, "zh": sector.zh},
            routes={route: {"en": names.en, "zh": names.zh} for route, names in sorted(sector.routes.items())},
            in_force=active[0] if active else None, in_force_digest=active[1] if active else None,
            installed=active is None or active[1] == plugin.digest,
        ))
    return answers
