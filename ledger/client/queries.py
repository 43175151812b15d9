"""The queries of the HTTP API, without the network: the path, the parameters and the type of the answer of each.

`at` is a tree size: the answer is as of that size. Without it the answer is as of now.
"""

from collections.abc import Sequence
from typing import Any, Final, Generic, Literal, NamedTuple, TypeVar
from urllib.parse import quote

from ledger.answers.granted import GrantListAnswer, ReaderListAnswer
from ledger.answers.indicators import IndicatorsAnswer
from ledger.answers.inventory import InventoryAnswer, SiteReportAnswer
from ledger.answers.lists import (
    AccessListAnswer,
    AccessProofsAnswer,
    LotListAnswer,
    RecordListAnswer,
    ShownAnswer,
    TransferListAnswer,
)
from ledger.answers.methods import CatalogueAnswer, FactorSensitivityAnswer, MethodAnswer, SensitivityAnswer
from ledger.answers.passports import PassportAnswer
from ledger.answers.products import ProductAnswer
from ledger.answers.purchases import PurchaseCoverageAnswer, ReceivedFootprintAnswer
from ledger.answers.stored import (
    ChainMethodAnswer,
    ChangesAnswer,
    ClientPage,
    FootprintAnswer,
    LotAnswer,
    OrganizationAnswer,
    PluginAnswer,
    PluginVersionAnswer,
    RecordAnswer,
)
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.answers.verification import VerificationAnswer
from ledger.client import limits
from ledger.core.receipts.receipt import Receipt
from ledger.core.receipts.statement import Statement
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.tables.rows import Contributions
from ledger.registry.reference.catalogue import SchemaEntry, SchemaReference
from ledger.sdk.installation import Installations

Direction = Literal["upstream", "downstream"]
Value = TypeVar("Value")
Parameter = str | int | float | Sequence[str] | None


class MethodOptions(NamedTuple):
    """A method with its version, a set of global warming potentials, an allocation key for all records, and parameters
    as NAME=VALUE. Omitted options have the defaults of the stored figure."""

    method: str | None = None
    gwp: str | None = None
    allocation: str | None = None
    parameters: Sequence[str] = ()


class PeriodBounds(NamedTuple):
    """Records that ended after `start` and until `end`: days (00:00 UTC) or instants; None for no bound."""

    start: str | None = None
    end: str | None = None


class ListPage(NamedTuple):
    """A page of a list: at most `limit` rows, after the page whose `next` is `after`, as of the tree size `at`."""

    limit: int | None = None
    after: int | None = None
    at: int | None = None


AS_STORED: Final = MethodOptions()
EVER: Final = PeriodBounds()
FIRST: Final = ListPage()


class Query(Generic[Value]):
    """A question to a server: the path, the type of the answer, and the parameters that have a value."""

    def __init__(self, path: str, answer: type[Value], **parameters: Parameter) -> None:
        self.path = path
        self.answer = answer
        self.parameters = {name: value for name, value in parameters.items() if value not in (None, ())}
        self.limit = limits.QUESTION


def lots(lot: str | None = None, item: str | None = None, at: int | None = None) -> Query[list[LotAnswer]]:
    """A lot, or all lots in the life of an item."""
    return Query("/v1/lots", list[LotAnswer], lot=lot, item=item, at=at)


def lot_list(
    *, holder: str | None = None, owner: str | None = None, facility: str | None = None, product: str | None = None,
    in_stock: bool = False, page: ListPage = FIRST,
) -> Query[LotListAnswer]:
    """A page of the lots that an organisation holds or owns, newest first, with their figures."""
    return Query("/v1/lot-list", LotListAnswer, holder=holder, owner=owner, facility=facility, product=product,
                 stock="true" if in_stock else None, **page._asdict())


def received(
    organization: str, party: str | None = None, period: PeriodBounds = EVER, page: ListPage = FIRST
) -> Query[TransferListAnswer]:
    """A page of the transfers to an organisation, newest first, with their figures. `party`: the sender."""
    return Query("/v1/received", TransferListAnswer, organization=organization, party=party, **_bounds(period),
                 **page._asdict())


def delivered(
    organization: str, party: str | None = None, period: PeriodBounds = EVER, page: ListPage = FIRST
) -> Query[TransferListAnswer]:
    """A page of the transfers from an organisation, newest first, with their figures. `party`: the receiver."""
    return Query("/v1/delivered", TransferListAnswer, organization=organization, party=party, **_bounds(period),
                 **page._asdict())


def record_list(
    *, issuer: str | None = None, kind: str | None = None, facility: str | None = None, period: PeriodBounds = EVER,
    findings: bool = False, page: ListPage = FIRST,
) -> Query[RecordListAnswer]:
    """A page of the records of an organisation, newest first. `findings`: only those with findings, each with them."""
    return Query("/v1/record-list", RecordListAnswer, issuer=issuer, kind=kind, facility=facility, **_bounds(period),
                 findings="true" if findings else None, **page._asdict())


def grants(organization: str, *, limit: int | None = None, after: int | None = None) -> Query[GrantListAnswer]:
    """A page of the grants that an organisation has given or got, newest first, with their state now."""
    return Query("/v1/grants", GrantListAnswer, organization=organization, limit=limit, after=after)


def readers(*, limit: int | None = None, after: int | None = None) -> Query[ReaderListAnswer]:
    """A page of the organisations that the registrar lets read everything, newest first."""
    return Query("/v1/readers", ReaderListAnswer, limit=limit, after=after)


def passport(lot: str | None = None, item: str | None = None, product: str | None = None) -> Query[PassportAnswer]:
    """The published passport of a lot, an item or a product."""
    return Query("/v1/passport", PassportAnswer, lot=lot, item=item, product=product)


def accesses(
    organization: str, since: str | None = None, until: str | None = None, *, limit: int | None = None,
    after: int | None = None,
) -> Query[AccessListAnswer]:
    """A page of the access log about an organisation's data, newest first: from the day `since` on, before `until`."""
    return Query("/v1/accesses", AccessListAnswer, organization=organization, limit=limit, after=after,
                 **{"from": since, "to": until})


def access_proofs(organization: str, day: str, indexes: Sequence[int]) -> Query[AccessProofsAnswer]:
    """The inclusion paths of rows of a day in its signed root."""
    return Query("/v1/accesses/proof", AccessProofsAnswer, organization=organization, day=day,
                 index=[str(index) for index in indexes])


def show(name: str, at: int | None = None) -> Query[ShownAnswer]:
    """One page about a record, lot, item, organisation, facility, product or pool."""
    return Query("/v1/show", ShownAnswer, name=name, at=at)


def received_footprint(
    organization: str, party: str, period: PeriodBounds = EVER, at: int | None = None, *, limit: int | None = None
) -> Query[ReceivedFootprintAnswer]:
    """The footprint of the goods that an organisation bought from the supplier `party`."""
    return Query("/v1/footprint/received", ReceivedFootprintAnswer, organization=organization, party=party,
                 **_bounds(period), at=at, limit=limit)


def coverage(organization: str, period: PeriodBounds = EVER, at: int | None = None) -> Query[PurchaseCoverageAnswer]:
    """The data behind the goods that an organisation bought, by supplier."""
    return Query("/v1/coverage", PurchaseCoverageAnswer, organization=organization, **_bounds(period), at=at)


def footprint(
    lot: str, at: int | None = None, *, averages: bool = False, all_findings: bool = False
) -> Query[FootprintAnswer]:
    """The stored footprint of a lot. `averages`: also of its product; `all_findings`: of up to 250,000 records
    upstream."""
    return Query("/v1/footprint", FootprintAnswer, lot=lot, at=at, averages="true" if averages else None,
                 findings="all" if all_findings else None)


def method(lot: str, options: MethodOptions, at: int | None = None) -> Query[MethodAnswer]:
    """The figure of a lot by a method, with other potentials or another allocation."""
    return Query("/v1/footprint/method", MethodAnswer, lot=lot, method=options.method, gwp=options.gwp,
                 allocation=options.allocation, parameter=tuple(options.parameters), at=at)


def chain_method(lot: str, name: str, at: int | None = None) -> Query[ChainMethodAnswer]:
    """The figure of a lot by a method of a sector, over the lot's whole chain."""
    return Query("/v1/footprint/chain-method", ChainMethodAnswer, lot=lot, method=name, at=at)


def product(
    name: str, period: PeriodBounds = EVER, at: int | None = None, *, limit: int | None = None,
    all_findings: bool = False,
) -> Query[ProductAnswer]:
    """The footprint of a product: all lots of a period, weighted by production. `limit`: the lots to list;
    `all_findings`: of up to 250,000 records upstream."""
    return Query("/v1/footprint/product", ProductAnswer, product=name, **_bounds(period), at=at, limit=limit,
                 findings="all" if all_findings else None)


def contributions(
    lot: str, by: str = "stage", at: int | None = None, *, burden: str | None = None, content: str | None = None,
    limit: int | None = None,
) -> Query[Contributions]:
    """The contributions to a lot's figure, or to one of its contents, in rows that add up to it."""
    return Query("/v1/contributions", Contributions, lot=lot, by=by, at=at, burden=burden, content=content,
                 limit=limit)


def gaps(lot: str, at: int | None = None, *, limit: int | None = None) -> Query[LotGaps]:
    """The data gaps in a lot's figure, largest first, and whom to ask."""
    return Query("/v1/gaps", LotGaps, lot=lot, at=at, limit=limit)


def trace(
    names: Sequence[str], direction: Direction = "upstream", at: int | None = None, *, depth: int | None = None,
    stages: Sequence[str] = (),
) -> Query[dict[str, Any]]:
    """The chain of lots, as node-link JSON (`networkx.node_link_graph(answer, edges="edges")`)."""
    return Query("/v1/chain", dict[str, Any], lot=tuple(names), direction=direction, at=at, depth=depth,
                 stage=tuple(stages))


def changes(holder: str, since: int = 0, after: int | None = None, *, limit: int | None = None) -> Query[ChangesAnswer]:
    """A page of the restatements of a holder's lots; `next` of the answer has `since` and `after` of the next page."""
    return Query("/v1/changes", ChangesAnswer, holder=holder, since=since, after=after, limit=limit)


def uncertainty(
    lot: str, at: int | None = None, *, samples: int = 0, seed: int = 0, top: int | None = None
) -> Query[UncertaintyAnswer]:
    """The uncertainty of a lot's figure, with a Monte Carlo if `samples` is above zero."""
    return Query("/v1/uncertainty", UncertaintyAnswer, lot=lot, at=at, samples=samples, seed=seed, top=top)


def sensitivity(lot: str, at: int | None = None) -> Query[SensitivityAnswer]:
    """The figure of a lot by each allocation key."""
    return Query("/v1/sensitivity", SensitivityAnswer, lot=lot, at=at)


def factor_sensitivity(lot: str, at: int | None = None, *, limit: int | None = None) -> Query[FactorSensitivityAnswer]:
    """The figure of a lot by the newest versions of the factor sets."""
    return Query("/v1/sensitivity/factors", FactorSensitivityAnswer, lot=lot, at=at, limit=limit)


def methods() -> Query[CatalogueAnswer]:
    """The available methods, sets of global warming potentials and allocation keys."""
    return Query("/v1/methods", CatalogueAnswer)


def verification(
    lot: str, at: int | None = None, *, shares: Sequence[str] = (), limit: int | None = None
) -> Query[VerificationAnswer]:
    """The list for a verifier of a lot's figure. The server refuses a share, NAME=FRACTION, above the part that
    attestations cover."""
    return Query("/v1/verification", VerificationAnswer, lot=lot, at=at, share=tuple(shares), limit=limit)


def statement(lot: str, options: MethodOptions = AS_STORED, at: int | None = None) -> Query[Statement]:
    """A signed statement of a lot's figure, to be checked offline."""
    return Query("/v1/statement", Statement, lot=lot, method=options.method, gwp=options.gwp,
                 allocation=options.allocation, parameter=tuple(options.parameters), at=at)


def record(digest: str) -> Query[RecordAnswer]:
    """A record by its digest, with its entry and findings."""
    return Query(f"/v1/records/{_part(digest)}", RecordAnswer)


def receipt(
    digest: str, *, revised: int | None = None, size: int | None = None, wait: float | None = None
) -> Query[Receipt]:
    """The receipt of a record. `revised`: the results that the record gave to the record at this index; `size`: proved
    in the tree of that size; `wait`: seconds to wait for the log's witnesses."""
    return Query(f"/v1/records/{_part(digest)}/proof", Receipt, revised=revised, size=size, wait=wait)


def inventory(organization: str, year: int, at: int | None = None) -> Query[InventoryAnswer]:
    """The yearly inventory of an organisation by scope, site and equity share."""
    return Query("/v1/inventory", InventoryAnswer, organization=organization, year=year, at=at)


def site_report(
    facility: str, year: int, at: int | None = None, *, operator: str | None = None
) -> Query[SiteReportAnswer]:
    """The yearly report of a site, after the GB/T 32151 series. `operator`: its expected operator."""
    return Query("/v1/inventory/report", SiteReportAnswer, facility=facility, year=year, organization=operator, at=at)


def installations(facility: str, year: int, at: int | None = None) -> Query[Installations]:
    """The productions of an installation, and of those upstream of it, in a calendar year."""
    return Query("/v1/cbam", Installations, facility=facility, year=year, at=at)


def indicators(
    sector: str, period: PeriodBounds = EVER, at: int | None = None, *, by: str | None = None
) -> Query[IndicatorsAnswer]:
    """The indicators of a sector on this ledger, with their coverage and targets."""
    return Query(f"/v1/sectors/{_part(sector)}/indicators", IndicatorsAnswer, **_bounds(period), by=by, at=at)


def clients(after: str = "", *, limit: int | None = None) -> Query[ClientPage]:
    """A page of the clients of the organisation that asks."""
    return Query("/auth/clients", ClientPage, after=after or None, limit=limit)


def organizations(after: int = -1, *, limit: int | None = None) -> Query[list[OrganizationAnswer]]:
    """A page of organisations in log order. `after`: the index of the last one of the page before."""
    return Query("/v1/organizations", list[OrganizationAnswer], after=after, limit=limit)


def plugins() -> Query[list[PluginAnswer]]:
    """The plugins that are installed on the server, and the versions in force on the log."""
    return Query("/v1/plugins", list[PluginAnswer])


def plugin_versions() -> Query[list[PluginVersionAnswer]]:
    """All versions of plugins that the log has ever activated."""
    return Query("/v1/plugins/versions", list[PluginVersionAnswer])


def schemas(find: str | None = None) -> Query[list[SchemaEntry]]:
    """The kinds of records and the processes of the sectors; with `find`, those that fit the words, best first."""
    return Query("/v1/schema", list[SchemaEntry], find=find)


def schema(name: str) -> Query[SchemaReference]:
    """The fields of a kind of record, or of the activity of a process."""
    return Query(f"/v1/schema/{_part(name)}", SchemaReference)


def _bounds(period: PeriodBounds) -> dict[str, str | None]:
    return {"from": period.start, "to": period.end}


def _part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")
