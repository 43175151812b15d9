"""Figures by sectors' own methods: a plugin is given the whole chain of a lot, and what it returns is checked."""

from typing import Final

from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput
from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.stored.burdens import footprint
from ledger.sdk import ChainFigure
from ledger.service.queries.answers import ChainLineAnswer, ChainMethodAnswer
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.chain.read import MAX_LOTS, ChainLimits, trace
from ledger.service.queries.plugin_threads import SECONDS, ask
from ledger.service.queries.tree_size import moment_at
from ledger.store.database import DatabasePool

_NO_METHODS: Final = "no installed sector has a chain method"


async def run_chain_method(
    pool: DatabasePool, registry: Registry, method: str, lot: str, at: int | None = None, most: int = MAX_LOTS,
    seconds: float = SECONDS,
) -> ChainMethodAnswer:
    """What `sector.method/version` makes of a lot, now or in a tree of `at` entries.

    Raises InvalidInput for an unknown method, a tree that is not, and more than `most` lots upstream; NotFound for an
    unknown lot; PluginError for what goes wrong in the plugin, or takes longer than `seconds`; Unavailable while too
    many others do.
    """
    one, name = find_chain_method(registry, method)
    moment = await pinned(pool, await moment_at(pool, at))
    chain = await trace(pool, [lot], "upstream", ChainLimits(most=most), moment.size)
    (node,) = chain.graph["roots"]
    figure = await ask(lambda: one.footprint(name, chain, node), f"chain method {method} of plugin {one.tag}", seconds)
    return _answer(one, name, chain, moment.size, figure)


def find_chain_method(registry: Registry, method: str) -> tuple[Installed, str]:
    """The plugin and the name of its method. Raises InvalidInput for one that is not installed in that version."""
    sector, _, rest = method.partition(".")
    name, _, version = rest.partition("/")
    one = registry.sector(sector)
    found = None if one is None else one.sector.methods.get(name)
    if one is None or found is None or found.version != version:
        known = [tag for other in registry.sectors.values() for tag in other.method_tags()]
        raise InvalidInput(f"method {method!r} is not known", code="unknown-method", field="method", value=method,
                           rule=f"one of: {' '.join(sorted(known))}" if known else _NO_METHODS)
    return one, name


def _answer(one: Installed, name: str, chain: Chain, at: int, figure: ChainFigure) -> ChainMethodAnswer:
    found = one.sector.methods[name]
    (node,) = chain.graph["roots"]
    # In log order, so that the lot asked about is the last one of what lies upstream of it.
    lot, stored = chain.lots.ids[-1], footprint(chain.lots.burdens[-1].tolist())
    return ChainMethodAnswer(
        lot=lot, method=f"{one.sector.name}.{name}/{found.version}", plugin=one.tag, digest=one.digest,
        names={"en": found.en, "zh": found.zh}, at=at, footprint=figure.total, stored=stored,
        lines=[ChainLineAnswer(name=line.name, amount=line.amount, what=line.what) for line in figure.lines],
        notes=list(figure.notes), pool=node if node != lot else None,
    )
