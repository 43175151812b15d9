"""The catalogue of methods, and figures by any method: of the catalogue or of a sector."""

from ledger.answers.methods import CatalogueAnswer, MethodAnswer, PluginMethod
from ledger.answers.stored import ChainMethodAnswer
from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput
from ledger.footprint.derived.methods.catalogue import METHODS
from ledger.footprint.derived.reallocation import NEEDS
from ledger.footprint.stored.gwp import SETS
from ledger.service.access.sight import EVERYTHING, Sight
from ledger.service.queries.methods.of_sectors import run_chain_method
from ledger.service.queries.methods.read import read_method
from ledger.service.queries.questions import LotQuestion, MethodChoice
from ledger.store.database import DatabasePool


def catalogue(registry: Registry) -> CatalogueAnswer:
    """All methods, sets of global warming potentials and allocation keys that this server offers."""
    return CatalogueAnswer(
        methods=METHODS, allocations=dict(NEEDS),
        gwp={name: {gas: str(value) for gas, value in gases.items()} for name, gases in SETS.items()},
        plugin_methods=tuple(
            PluginMethod(name=f"{sector}.{name}/{method.version}", plugin=plugin.tag,
                         names={"en": method.en, "zh": method.zh})
            for sector, plugin in sorted(registry.sectors.items())
            for name, method in sorted(plugin.sector.methods.items())
        ),
    )


async def run_method(
    pool: DatabasePool, registry: Registry, question: LotQuestion, choice: MethodChoice, sight: Sight = EVERYTHING
) -> MethodAnswer | ChainMethodAnswer:
    """The figure of a lot by a method of the catalogue, or by a method of a sector: `sector.method/version`; for a
    caller who sees the lot's whole chain.

    Raises the errors of `read_method` and `run_chain_method`; also InvalidInput if the choice has options that a
    sector's method sets itself.
    """
    method = choice.method
    if not is_chain_method(registry, method):
        return await read_method(pool, question, choice, sight)
    options = {"gwp": choice.gwp, "allocation": choice.allocation, "parameter": ", ".join(choice.parameters) or None}
    for field, value in options.items():
        if value is not None:
            raise InvalidInput(f"{field}: method {method} sets this itself", code="fixed-by-method", field=field,
                               value=value, rule="a sector's method takes neither gwp, allocation nor parameters")
    return await run_chain_method(pool, registry, method, question)


def is_chain_method(registry: Registry, method: str) -> bool:
    """Whether a method is a sector's, computed over the whole chain. Raises InvalidInput for an unknown method."""
    own = [one.name for one in METHODS]
    sectors = [tag for plugin in registry.sectors.values() for tag in plugin.method_tags()]
    if method not in own and method not in sectors:
        raise InvalidInput(f"unknown method {method!r}", code="unknown-method", field="method", value=method,
                           rule=f"one of: {', '.join([*own, *sorted(sectors)])}")
    return method in sectors
