"""Figures by sectors' own methods. A plugin gets the whole upstream chain of a lot; the ledger checks its result."""

from typing import Final

from ledger.answers.stored import ChainLineAnswer, ChainMethodAnswer
from ledger.core.outcome.assessment import QUESTIONED
from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput
from ledger.footprint.derived.chain.graph import Chain
from ledger.footprint.stored.burdens import SLOT, footprint
from ledger.sdk import ChainFigure
from ledger.service.queries.chain.load import pinned
from ledger.service.queries.chain.read import MAX_LOTS, ChainLimits, trace
from ledger.service.queries.plugin_threads import SECONDS, ask
from ledger.service.queries.questions import LotQuestion
from ledger.service.queries.tree_size import as_of_size
from ledger.store.database import DatabasePool

_NO_METHODS: Final = "no installed sector has a chain method"


async def run_chain_method(
    pool: DatabasePool, registry: Registry, method: str, question: LotQuestion, most: int = MAX_LOTS,
    seconds: float = SECONDS,
) -> ChainMethodAnswer:
    """The figure of a lot by the method `sector.method/version`.

    Raises InvalidInput for an unknown method, an invalid tree size, and more than `most` lots upstream; NotFound for an
    unknown lot; PluginError if the plugin fails or takes longer than `seconds`; Unavailable while other plugin calls
    occupy all threads.
    """
    plugin, name = find_chain_method(registry, method)
    as_of = await pinned(pool, await as_of_size(pool, question.at))
    chain = await trace(pool, [question.lot], "upstream", ChainLimits(most=most), as_of.size)
    (node,) = chain.graph["roots"]
    label = f"chain method {method} of plugin {plugin.tag}"
    figure = await ask(lambda: plugin.footprint(name, chain, node), label, seconds)
    return _answer(plugin, name, chain, as_of.size, figure)


def find_chain_method(registry: Registry, method: str) -> tuple[Installed, str]:
    """The plugin and the name of its method. Raises InvalidInput if the method is not installed in that version."""
    sector, _, rest = method.partition(".")
    name, _, version = rest.partition("/")
    plugin = registry.sector(sector)
    described = None if plugin is None else plugin.sector.methods.get(name)
    if plugin is None or described is None or described.version != version:
        tags = [tag for installed in registry.sectors.values() for tag in installed.method_tags()]
        raise InvalidInput(f"unknown method {method!r}", code="unknown-method", field="method", value=method,
                           rule=f"one of: {' '.join(sorted(tags))}" if tags else _NO_METHODS)
    return plugin, name


def _answer(plugin: Installed, name: str, chain: Chain, at: int, figure: ChainFigure) -> ChainMethodAnswer:
    described = plugin.sector.methods[name]
    (node,) = chain.graph["roots"]
    # The chain is in log order, so the last lot is the lot of the question.
    lot, burdens = chain.lots.ids[-1], chain.lots.burdens[-1].tolist()
    return ChainMethodAnswer(
        lot=lot, method=f"{plugin.sector.name}.{name}/{described.version}", plugin=plugin.tag, digest=plugin.digest,
        names={"en": described.en, "zh": described.zh}, at=at, footprint=figure.total,
        stored=footprint(burdens), questioned=burdens[SLOT[QUESTIONED]],
        lines=[ChainLineAnswer(name=line.name, amount=line.amount, what=line.what) for line in figure.lines],
        notes=list(figure.notes), pool=node if node != lot else None,
    )
