"""What is said of plugins, and of the ledger's own rules, which are activated alike."""

from collections.abc import Mapping

from ledger.admission.rules import NEWEST, RESERVED, RULES, VERSIONS, Activated, Rules
from ledger.engine.sectors import Registry
from ledger.service.queries.answers import PluginAnswer


def rules_answer(rules: Rules | None = None) -> PluginAnswer:
    """The ledger's own rules: the newest version that this program knows, and what the log says."""
    in_force = None
    if rules is not None:
        in_force = rules.activated[-1] if rules.activated else Activated(0, VERSIONS[0].name, VERSIONS[0].digest)
    known = {version.digest for version in VERSIONS}
    return PluginAnswer(
        name=RULES, version=NEWEST.name, digest=NEWEST.digest,
        names={"en": "The ledger's rules of admission", "zh": "账本准入规则"}, routes={},
        in_force=in_force.version if in_force else None, in_force_digest=in_force.digest if in_force else None,
        installed=in_force is None or in_force.digest in known,
    )


def plugin_answers(registry: Registry, in_force: Mapping[str, tuple[str, str]]) -> list[PluginAnswer]:
    """One answer a plugin, by name; of a name that is activated and is no sector's there is nothing to install."""
    found = []
    for name in sorted({*registry.sectors, *in_force}):
        one, active = registry.sector(name), in_force.get(name)
        if one is None:
            version, digest = active or ("", "")
            found.append(PluginAnswer(name=name, version=version, digest=digest, names={}, routes={},
                                      in_force=version, in_force_digest=digest, installed=name in RESERVED))
            continue
        sector = one.sector
        found.append(PluginAnswer(
            name=name, version=sector.version, digest=one.digest, names={"en": sector.en, "zh": sector.zh},
            routes={route: {"en": found.en, "zh": found.zh} for route, found in sorted(sector.routes.items())},
            in_force=active[0] if active else None, in_force_digest=active[1] if active else None,
            installed=active is None or active[1] == one.digest,
        ))
    return found
