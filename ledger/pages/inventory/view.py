"""The page of an inventory: from answers to the values of its template."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from ledger.answers.inventory import InventoryAnswer
from ledger.answers.purchases import SupplierCoverageAnswer
from ledger.drawings.bars import BarPart, bar_scale, row_bar
from ledger.drawings.numbers import column_decimals
from ledger.engine.findings import finding_codes
from ledger.pages.names import ThingNames
from ledger.pages.words import PageWords

GAPS: Final = 10
_BAR: Final = 12.0
_KILOGRAMS: Final = 1000.0
_MEGAJOULES: Final = 1000.0
"""In a tonne, and in a GJ."""
_FIGURES: Final = {
    "scope1": "scope 1", "scope2Location": "scope 2, by location", "scope2Market": "scope 2, by market",
    "scope3": "scope 3", "operationalLocation": "scopes 1 and 2, by location",
    "operationalMarket": "scopes 1 and 2, by market", "energy": "energy",
}


class ScopeRow(NamedTuple):
    """A scope or a category, in t CO2e. `market` is None where it is the same. `is_part`: of the scope above it."""

    name: str
    location: float
    market: float | None
    bar: str
    is_part: bool = False


class InventoryGap(NamedTuple):
    """Something that makes the inventory weak. `amount`: t CO2e; None if nobody knows."""

    kind: str
    mark: str
    subject: str
    amount: float | None
    whom: str
    record: int | None = None


def things_of(answer: InventoryAnswer, suppliers: Sequence[SupplierCoverageAnswer]) -> set[str | None]:
    """The organisations, facilities and products whose names the page shows."""
    ids: set[str | None] = {answer.organization, *[supplier.party for supplier in suppliers]}
    ids.update([site.facility for site in answer.sites])
    ids.update([one.facility for one in answer.left_out.omissions])
    ids.update([member.organization for member in answer.equity.members])
    return ids


def values_of(answer: InventoryAnswer, suppliers: Sequence[SupplierCoverageAnswer], words: PageWords, names: ThingNames
              ) -> dict[str, Any]:
    """The values of the template `inventory.html`."""
    rows = list(_scopes(answer, words, names))
    operational = answer.scopes.operational
    tonnes = [operational.location, operational.market, answer.scopes.scope3]
    # A gap of unknown size may be the largest.
    gaps = sorted(_gaps(answer, suppliers, words, names),
                  key=lambda gap: (gap.amount is not None, -(gap.amount or 0.0)))
    return {
        "answer": answer, "suppliers": suppliers, "names": names, "rows": rows,
        "decimals": column_decimals([amount / _KILOGRAMS for amount in tonnes]),
        "gaps": gaps[:GAPS], "gaps_left_off": max(0, len(gaps) - GAPS),
        "left_out": answer.left_out.estimate / _KILOGRAMS,
        "changes": [(words(_FIGURES[one.figure]), one) for one in answer.changes]
        if any(one.before for one in answer.changes) else [],
        "energy": list(_energy(answer, words, names)),
        "unknown": [category for category in answer.scope3 if category.total is None],
    }


def _scopes(answer: InventoryAnswer, words: PageWords, names: ThingNames) -> Iterator[ScopeRow]:
    """Scope 1 with its categories, scope 2 by location and by market, the known part of scope 3."""
    scopes = answer.scopes
    titles = {str(one.number): one.zh if words.language == "zh" else one.en for one in answer.scope3}
    lines: list[tuple[str, float, float | None, bool]] = [(words("1: direct"), scopes.scope1, None, False)]
    lines += [(names.kind(name), amount, None, True) for name, amount in scopes.scope1_categories.items()]
    lines.append((words("2: electricity and heat"), scopes.scope2.location, scopes.scope2.market, False))
    lines += [(names.kind(name), power.location, power.market, True)
              for name, power in scopes.scope2_categories.items()]
    lines.append((words("3: from known data"), scopes.scope3, None, False))
    lines += [(titles.get(name, name), amount, None, True) for name, amount in scopes.scope3_categories.items()]
    bars = [[BarPart("negative" if amount < 0.0 else "plain", amount)] for _, amount, _, _ in lines]
    scale = bar_scale(bars)
    for (name, location, market, is_part), bar in zip(lines, bars, strict=True):
        yield ScopeRow(name, location / _KILOGRAMS, None if market is None else market / _KILOGRAMS,
                       row_bar(bar, scale, height=_BAR), is_part)


def _gaps(answer: InventoryAnswer, suppliers: Sequence[SupplierCoverageAnswer], words: PageWords, names: ThingNames
          ) -> Iterator[InventoryGap]:
    """Omissions, findings of own records, and suppliers whose figures rest on estimates."""
    own = names.thing(answer.organization)
    for omitted in answer.left_out.omissions:
        amount = None if omitted.unestimated else omitted.estimate / _KILOGRAMS
        yield InventoryGap(words("left out"), "omitted", names.material(omitted.what), amount,
                           names.thing(omitted.facility) or own)
    codes = finding_codes()
    for finding in answer.findings:
        known = codes.get(finding.code)
        title = finding.code if known is None else known.zh if words.language == "zh" else known.en
        if finding.questioned:
            yield InventoryGap(words("questioned"), "questioned", title, finding.questioned / _KILOGRAMS, own,
                               finding.record)
    for supplier in suppliers:
        estimated = supplier.footprint * (supplier.secondary_share or 0.0) / _KILOGRAMS
        if estimated > 0.0:
            who = names.thing(supplier.party)
            yield InventoryGap(words("estimated"), "", words("goods of {who}", who=who), estimated, who)


def _energy(answer: InventoryAnswer, words: PageWords, names: ThingNames) -> Iterator[tuple[str, float]]:
    """Energy in GJ, by carrier."""
    for used in answer.energy.used:
        name = names.material(used.carrier)
        text = words("used: {carrier}, renewable", carrier=name) if used.renewable else words(
            "used: {carrier}", carrier=name)
        yield text, used.megajoules / _MEGAJOULES
    rows = [(words("drawn from nature"), answer.energy.drawn_from_nature)]
    rows += [(words("made: {carrier}", carrier=names.material(name)), amount)
             for name, amount in answer.energy.made.items()]
    rows += [(words("left over: {carrier}", carrier=names.material(name)), amount)
             for name, amount in answer.energy.left_over.items()]
    yield from [(name, amount / _MEGAJOULES) for name, amount in rows if amount]
