"""Which methods there are, and the one that was asked for: of the catalogue, or a sector's own."""

from collections.abc import Sequence

from ledger.engine.sectors import Registry
from ledger.errors import InvalidInput
from ledger.footprint.derived.limitations import STORED_GWP
from ledger.footprint.derived.methods.catalogue import METHODS
from ledger.footprint.derived.reallocation import NEEDS
from ledger.footprint.stored.burdens import METHOD
from ledger.footprint.stored.gwp import SETS
from ledger.service.queries.answers import ChainMethodAnswer
from ledger.service.queries.methods.answers import CatalogueAnswer, MethodAnswer, PluginMethod
from ledger.service.queries.methods.of_sectors import run_chain_method
from ledger.service.queries.methods.read import read_method
from ledger.store.database import DatabasePool


def catalogue(registry: Registry) -> CatalogueAnswer:
    """All that may be asked for."""
    return CatalogueAnswer(
        methods=METHODS, allocations=dict(NEEDS),
        gwp={name: {gas: str(value) for gas, value in gases.items()} for name, gases in SETS.items()},
        plugin_methods=tuple(
            PluginMethod(name=f"{sector}.{name}/{method.version}", plugin=one.tag,
                         names={"en": method.en, "zh": method.zh})
            for sector, one in sorted(registry.sectors.items()) for name, method in sorted(one.sector.methods.items())
        ),
    )


async def run_method(
    pool: DatabasePool, registry: Registry, lot: str, at: int | None, method: str = METHOD, gwp: str | None = None,
    allocation: str | None = None, parameters: Sequence[str] = (),
) -> MethodAnswer | ChainMethodAnswer:
    """The figure of a lot by a method of the catalogue, or of a sector: `sector.method/version`.

    Raises as `read_method` and `run_chain_method` do; InvalidInput too for a sector's method with what is not its own
    to choose.
    """
    own = [one.name for one in METHODS]
    sectors = [tag for one in registry.sectors.values() for tag in one.method_tags()]
    if method not in own and method not in sectors:
        raise InvalidInput(f"method {method!r} is not known", code="unknown-method", field="method", value=method,
                           rule=f"one of: {', '.join([*own, *sorted(sectors)])}")
    if method in own:
        return await read_method(pool, lot, at, method, gwp or STORED_GWP, allocation, parameters)
    for field, value in (("gwp", gwp), ("allocation", allocation), ("parameter", ", ".join(parameters) or None)):
        if value is not None:
            raise InvalidInput(f"{field}: {method} chooses for itself", code="fixed-by-method", field=field,
                               value=value, rule="a sector's method takes neither gwp, allocation nor parameters")
    return await run_chain_method(pool, registry, method, lot, at)
