"""The page of a lot: from answers to the values of its template."""

from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from ledger.drawings.bars import BarPart, FigureReach, bar_scale, reach_bar, row_bar
from ledger.drawings.interval import interval_dot
from ledger.drawings.numbers import FigureInterval, column_decimals
from ledger.drawings.patterns import legend
from ledger.drawings.sankey.draw import draw_sankey
from ledger.drawings.sankey.labels import ENGLISH, Texts
from ledger.drawings.sankey.layout import NARROW
from ledger.drawings.sankey.model import SankeyNode
from ledger.drawings.sankey.rows import sankey_table
from ledger.footprint.derived.gaps import Gap
from ledger.footprint.derived.tables.rows import ContributionRow
from ledger.pages.lot.codes import code_of
from ledger.pages.lot.doubts import Doubts, marks_of, omitted_of
from ledger.pages.lot.lives import draw_item
from ledger.pages.lot.read import GAPS, MOST_NODES, LotPage, LotView
from ledger.pages.names import ThingNames
from ledger.pages.site import Visit, address
from ledger.pages.titles import title_in
from ledger.pages.words import PageWords

GROUPINGS: Final = {
    "stage": "stage", "organization": "organisation", "kind": "kind", "source": "source", "country": "country",
    "gas": "gas", "year": "year",
}
"""The groupings of contributions that a page offers, and their words."""
MOST_COMPARED: Final = 5
"""The most lots of a comparison."""
_GAPS: Final = {
    "omission": ("left out", "omitted"), "declaration": ("declared", ""), "data": ("estimated", ""),
    "provisional": ("not closed", "provisional"), "firstLife": ("first life unknown", ""),
    "hidden": ("hidden", "hidden"),
}
BOUNDARIES: Final = {
    "cradleToGate": "cradle to gate", "gateToGate": "gate to gate", "cradleToGrave": "cradle to grave",
}
_BAR: Final = 12.0
_SUPPLIER_OF: Final = "the supplier of "
_ROUNDING: Final = 1e-9
"""Sums of contributions may differ from the stored figure by this part of it; such a row says nothing to a reader."""
_FOLDS: Final = ("6", str(MOST_NODES), "40")
_DRAWN: Final = ("own", "inputs", "electricity", "transport", "negative", "hidden", "questioned")


class TableRow(NamedTuple):
    """A row of contributions. `bar`: its drawing, on the scale of the table."""

    part: str
    name: str
    amount: float
    percent: float | None
    bar: str


class GapRow(NamedTuple):
    """A gap in words. `mark`: the class of its swatch, or empty."""

    what: str
    kind: str
    amount: float | None
    percent: float | None
    whom: str
    mark: str


def ids_of(page: LotPage) -> set[str | None]:
    """The organisations, facilities and products whose names the page shows."""
    figure = page.figure
    ids: set[str | None] = {figure.lot.product, figure.lot.holder, figure.lot.owner, figure.lot.sender,
                            figure.lot.facility}
    ids.update(one.auditor for one in figure.attestations)
    ids.update(one.facility for one in figure.open_periods)
    ids.update(one.issuer for one in figure.in_doubt)
    for life, _ in page.lives:
        ids.update((life.product, life.holder))
    if page.table is not None and page.table.by in ("organization", "facility"):
        ids.update(row.key for row in page.table.rows)
    for row in () if page.table is None else page.table.rows:
        if row.received is not None:
            ids.update((row.received.product, row.received.supplier))
    for gap in () if page.gaps is None else page.gaps.items:
        ids.update((gap.whom, gap.behind, gap.what))
    for node in () if page.drawn is None else page.drawn.nodes:
        ids.update((node.holder, node.product))
    return ids


def values_of(page: LotPage, view: LotView, visit: Visit, words: PageWords, names: ThingNames) -> dict[str, Any]:
    """The values of the template `lot.html`."""
    figure, doubts = page.figure, Doubts(words, names, page)
    unit = _units(figure.footprint, figure.footprint_per_unit)
    known = None if page.uncertainty is None else page.uncertainty.uncertainty
    # If no line states an uncertainty, the interval has no width, which says nothing.
    analytic = None if known is None or not known.stated else known.analytic
    omitted = omitted_of(figure) / unit
    low, high = (None, None) if analytic is None else (analytic.low / unit, analytic.high / unit)
    reach = FigureReach(figure.footprint_per_unit, (figure.provisional_share or 0.0) * figure.footprint_per_unit,
                        omitted, figure.questioned / unit)
    alerts = doubts.alerts()
    amounts = [row.amount for row in page.table.rows] if page.table is not None else [figure.footprint]
    table = [] if page.table is None else [
        row for row in page.table.rows if row.part != "rest" or abs(row.amount) > _ROUNDING * abs(figure.footprint)]
    parts = [_parts(row) for row in table]
    scale = bar_scale(parts)
    rows = [TableRow(row.part, _row_name(row, view.by, words, names), row.amount, row.percent,
                     row_bar(bars, scale, height=_BAR)) for row, bars in zip(table, parts, strict=True)]
    return {
        "page": page, "figure": figure, "view": view, "names": names,
        "title_of": lambda title: title_in(words, title),
        "clean": figure.title == "footprint", "alerts": alerts, "lead": _lead(figure.title, words),
        "notes": doubts.notes(), "doubts": marks_of(figure, words), "reach": reach,
        "reach_drawn": reach_bar(reach), "low": low, "high": high,
        "stated": None if known is None else known.stated,
        "completeness": words.known(figure.completeness),
        "interval": "" if low is None or high is None else interval_dot(
            figure.footprint_per_unit, FigureInterval(low, high)),
        "lives_drawn": draw_item(page.lives, words, names),
        "lives_compared": _compared(page, visit),
        "boundary": "" if figure.study is None else words.known(BOUNDARIES.get(
            str(figure.study.boundary), str(figure.study.boundary))),
        "rows": rows,
        "decimals": column_decimals([*amounts, figure.footprint]),
        "groupings": [(key, words(name)) for key, name in GROUPINGS.items()],
        "groupings_by_key": {key: words(name) for key, name in GROUPINGS.items()},
        "gaps": [_gap(gap, words, names) for gap in ([] if page.gaps is None else page.gaps.items[:GAPS])],
        "recycled": [
            (material, min(sum(origins.values()), 1.0)) for material, origins in figure.recycled_content.items()],
        "averages": [] if figure.averages is None else [
            one for one in (figure.averages.month, figure.averages.year) if one is not None],
        "lot_query": urlencode({"lot": figure.lot.lot} | ({} if figure.at is None else {"at": figure.at})),
        "fold_choices": [(count, count) for count in _FOLDS],
        "code": code_of(figure.lot, words("QR code of the GS1 Digital Link")),
        **_drawing(page, view, visit, words, names),
    }


def _lead(title: str, words: PageWords) -> str:
    if title == "footprint":
        return words("Before you rely on this figure:")
    return words("Do not rely on this figure yet.")


def _compared(page: LotPage, visit: Visit) -> str:
    """The address of the page that compares the lives that an item began, at most the newest five; empty for one."""
    begun = [life.lot.lot for life in page.lives if life.kind in ("made", "remanufactured")][-MOST_COMPARED:]
    return address(visit.language, "compare", tuple([("lot", lot) for lot in begun])) if len(begun) > 1 else ""


def _units(whole: float, per_unit: float) -> float:
    """The quantity of a lot, from its two figures."""
    return whole / per_unit if per_unit else 1.0


def _parts(row: ContributionRow) -> list[BarPart]:
    """Positive and negative parts of a row lie on both sides of zero."""
    kind = "hidden" if row.part in ("received", "hidden") else "plain"
    return [BarPart(kind, row.positive), BarPart("negative", row.negative)]


def _row_name(row: ContributionRow, by: str, words: PageWords, names: ThingNames) -> str:
    if row.part == "received" and row.received is not None:
        return words("{product} of {supplier}", product=names.thing(row.received.product),
                     supplier=names.thing(row.received.supplier))
    if row.part == "more":
        return words("{count} more", count=row.rows)
    if row.part != "group":
        return words({"received": "received", "hidden": "hidden parts", "rest": "rounding", "averaged": "averaging of "
                      "stocks", "assigned": "assigned to one output"}[row.part])
    return names.key(by, row.key)


def _gap(gap: Gap, words: PageWords, names: ThingNames) -> GapRow:
    kind, mark = _GAPS[gap.kind]
    whom = names.thing(gap.whom)
    if gap.behind:
        supplied = gap.behind.removeprefix(_SUPPLIER_OF)
        behind = names.thing(gap.behind) if supplied == gap.behind else words(
            "the supplier of {material}", material=names.material(supplied))
        whom = words("{who}, and through it {behind}", who=whom, behind=behind)
    return GapRow(_what(gap, names), words(kind), gap.kg_co2e, gap.percent, whom, mark)


def _what(gap: Gap, names: ThingNames) -> str:
    """The missing thing: a material, a process, or a product of a lot."""
    product, _, lot = gap.what.partition(", lot ")
    if lot:
        return f"{names.thing(product)}, {names.thing(lot)}"
    if gap.kind == "provisional":
        return names.process(gap.what)
    return names.material(gap.what)


def _drawing(page: LotPage, view: LotView, visit: Visit, words: PageWords, names: ThingNames) -> dict[str, Any]:
    """The drawings of the chain, its legend and its table; empty without one, or if a single node would be drawn."""
    if page.drawn is None or len(page.drawn.nodes) < 2:
        return {"wide": "", "narrow": ""}
    translated = {key: words(text) for key, text in ENGLISH.items()}
    def name(node: SankeyNode) -> str:
        product = names.thing(node.product)
        if node.form in ("lot", "pool", "declaration"):
            return product
        return words("{process}: {product}", process=names.process(node.process), product=product)

    def href(node: SankeyNode) -> str | None:
        if node.form == "folded":
            return visit.with_parameters(open=",".join([*view.opened, node.id]))
        if node.form == "hidden":
            return None
        return visit.to("lot", lot=node.lot) if node.lot and not node.target else None

    texts = Texts(translated, name, href, words("Where its emissions arise"))
    table = sankey_table(page.drawn, texts)
    shown = [kind for kind in _DRAWN if kind in table.kinds or (kind == "questioned" and page.drawn.questioned)]
    return {
        "wide": draw_sankey(page.drawn, texts), "narrow": draw_sankey(page.drawn, texts, NARROW),
        "drawn_table": table, "drawing_words": translated,
        "drawing_legend": legend([(kind, translated[kind]) for kind in shown]),
    }
