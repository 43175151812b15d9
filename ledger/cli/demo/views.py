"""The demo's views of the ledger, from the same queries that any client can send to its server."""

from collections.abc import Sequence

from rich.table import Table

from ledger.answers.stored import FootprintAnswer, OrganizationAnswer
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.cli.buyer.summary.report import summary_report
from ledger.cli.client import Client
from ledger.cli.console import show, styled
from ledger.cli.demo.figures import REFERENCES, SOURCES
from ledger.cli.demo.writing import StoryStep
from ledger.cli.supplier.receipts import brief
from ledger.core.receipts.receipt import Receipt


def heading(text: str) -> None:
    show("", styled(f"== {text} ==", style="bold"))


def show_organizations(client: Client) -> None:
    organizations = client.get("/v1/organizations", list[OrganizationAnswer], limit=1000)
    table = Table("index", "organisation", "name", "", "key", box=None, pad_edge=False)
    for organization in organizations:
        names = organization.names
        table.add_row(str(organization.index), organization.id, names.get("en", ""), names.get("zh", ""),
                      organization.keys[0].keyid[:16])
    show(table)


def show_receipts(steps: Sequence[StoryStep], receipts: Sequence[Receipt]) -> None:
    """One receipt for each kind of record."""
    table = Table("index", "record", "event", "new lots, kg CO2e", box=None, pad_edge=False)
    seen: set[str] = set()
    for step, receipt in zip(steps, receipts, strict=True):
        kind = type(step.record).__name__
        if kind in seen:
            continue
        seen.add(kind)
        summary = brief(receipt)
        lots = ", ".join(f"{lot.lot} {lot.footprint:,.1f}" for lot in summary.lots)
        table.add_row(str(summary.index), f"{summary.digest[:12]}…", f"{kind.lower()}: {step.note}", lots)
    show(table)


def show_footprints(client: Client, new: str, remanufactured: str) -> None:
    """A gearbox in its first and its second life."""
    answers = [client.get("/v1/footprint", FootprintAnswer, lot=lot) for lot in (new, remanufactured)]
    for title, answer in zip(("The new gearbox", "The remanufactured gearbox"), answers, strict=True):
        heading(title)
        show(*summary_report(answer, lambda taken: client.get("/v1/footprint", FootprintAnswer, lot=taken)))
        spread = client.get("/v1/uncertainty", UncertaintyAnswer, lot=answer.lot.lot).uncertainty.analytic
        show(f"uncertainty     95 % between {spread.low:,.0f} and {spread.high:,.0f} kg CO2e")
    first, second = (answer.footprint for answer in answers)
    heading("Saving")
    show(f"new {first:,.1f} kg CO2e, remanufactured {second:,.1f} kg CO2e: {(1 - second / first) * 100:.1f} % less",
         f"completeness: new {answers[0].completeness}, remanufactured {answers[1].completeness}",
         "Published savings, of other products:", *(f"- {figure}" for figure in REFERENCES))


def show_side_by_side(client: Client, lots: dict[str, str]) -> None:
    """Compares one good from several production routes."""
    answers = {title: client.get("/v1/footprint", FootprintAnswer, lot=lot) for title, lot in lots.items()}
    table = Table("", *answers, box=None, pad_edge=False)
    rows = {
        "kg CO2e per t": [f"{one.footprint_per_unit:,.1f}" for one in answers.values()],
        "of which electricity": [_of(one, "electricity") for one in answers.values()],
        "of which on site": [_of(one, "onSite") for one in answers.values()],
        "of which inputs": [_of_inputs(one) for one in answers.values()],
        "recycled steel": [_recycled(one) for one in answers.values()],
        "completeness": [one.completeness for one in answers.values()],
        "title": [one.title for one in answers.values()],
    }
    for name, cells in rows.items():
        table.add_row(name, *cells)
    show(table)


def show_sources() -> None:
    """Lists the sources of the records' figures. Emission factors belong to the plugins; each footprint names its own.
    """
    show(*(f"- {figure}" for figure in SOURCES if figure not in REFERENCES))


def _quantity(answer: FootprintAnswer) -> float:
    return float(answer.lot.quantity.value)


def _of(answer: FootprintAnswer, kind: str) -> str:
    lines = [] if answer.direct is None else answer.direct.lines
    return f"{sum(line.amount for line in lines if line.kind == kind) / _quantity(answer):,.1f}"


def _of_inputs(answer: FootprintAnswer) -> str:
    return f"{sum(lot.footprint for lot in answer.inputs) / _quantity(answer):,.1f}"


def _recycled(answer: FootprintAnswer) -> str:
    shares = answer.recycled_content.get("steel", {})
    return ", ".join(f"{share * 100:.1f} % {origin}" for origin, share in shares.items()) or "0 %"
