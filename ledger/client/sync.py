"""`Client`, for synchronous code, with the methods of `AsyncClient`."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from ledger.answers.checked import CheckedRecord
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
from ledger.answers.problems import Problem
from ledger.answers.products import ProductAnswer
from ledger.answers.purchases import PurchaseCoverageAnswer, ReceivedFootprintAnswer
from ledger.answers.stored import (
    ChainMethodAnswer,
    ChangesAnswer,
    ClientPage,
    FootprintAnswer,
    LotAnswer,
    NewClientAnswer,
    OrganizationAnswer,
    PluginAnswer,
    PluginVersionAnswer,
    RecordAnswer,
)
from ledger.answers.uncertainty import UncertaintyAnswer
from ledger.answers.verification import VerificationAnswer
from ledger.client import limits, queries
from ledger.client.asking import DEFAULT_URL, Asking
from ledger.client.http import BlockingReader, decoded
from ledger.client.login import CLIENTS, Login, Session, client_path
from ledger.client.posting import Posted, Submitted, batches
from ledger.client.queries import AS_STORED, EVER, FIRST, ListPage, MethodOptions, Parameter, PeriodBounds, Query
from ledger.client.trust import authorities
from ledger.core.receipts.receipt import Receipt
from ledger.core.receipts.statement import Statement
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.tables.rows import Contributions
from ledger.registry.reference.catalogue import SchemaEntry, SchemaReference
from ledger.sdk.installation import Installations

Value = TypeVar("Value")


class Client(BlockingReader):
    """A server at `url`, as a context manager. If it is unavailable, the client asks again for `patience` seconds.
    `ca`: a file with the authorities of certificates to trust, instead of the system's. `auth`: proves who asks.

    Code that an event loop runs, as in a notebook, needs `AsyncClient`."""

    def __init__(
        self, url: str = DEFAULT_URL, *, patience: float = 0.0, ca: Path | None = None, auth: Login | None = None
    ) -> None:
        super().__init__(url, tls=None if ca is None else authorities(ca),
                         session=None if auth is None else Session(auth))
        self._asking = Asking(self._reader, patience)

    def ask(self, query: Query[Value]) -> Value:
        """The answer to a query. Raises the server's own error, or Unavailable."""
        return self._runner.run(self._asking.ask(query))

    def get(self, path: str, answer: type[Value], **parameters: Parameter) -> Value:
        """A JSON answer at a path. A parameter that is None is omitted; a sequence becomes a repeated parameter."""
        return self.ask(Query(path, answer, **parameters))

    def content(self, path: str, limit: int) -> bytes:
        """The bytes at a path, at most `limit`."""
        return self._runner.run(self._asking.content(path, limit))

    def post(self, envelopes: Sequence[bytes], wait: float = 0) -> list[Posted]:
        """Posts envelopes in one request; returns one answer per envelope, in order: see `Asking.post`."""
        return self._runner.run(self._asking.post(envelopes, wait))

    def check(self, envelopes: Sequence[bytes]) -> list[CheckedRecord | Problem]:
        """The effect of each envelope if it was posted now, in order; the server writes nothing."""
        return self._runner.run(self._asking.check(envelopes))

    def post_until_proved(self, envelopes: Sequence[bytes], seconds: float | None) -> list[Posted]:
        """Posts envelopes until all answers are receipts: see `Asking.post_until_proved`."""
        return self._runner.run(self._asking.post_until_proved(envelopes, seconds))

    def submit(self, envelopes: Iterable[bytes], *, witnesses: float | None = None) -> Iterator[Submitted]:
        """Posts any number of envelopes in bounded requests, and yields their results in order. `witnesses`: the most
        seconds to wait per request for the log's witnesses; None takes acknowledgements.

        A refused record does not stop the others. Raises SubmissionStopped if a request cannot be answered."""
        number = 0
        for batch in batches(envelopes, len):
            yield from self._runner.run(self._asking.submitted(number, batch, witnesses))
            number += len(batch)

    def checkpoint(self) -> bytes:
        """The newest signed checkpoint of the log, not verified: see `TrustedLog.checkpoint`."""
        return self.content("/log/checkpoint", limits.NOTE)

    def lots(self, lot: str | None = None, item: str | None = None, at: int | None = None) -> list[LotAnswer]:
        """A lot, or all lots in the life of an item."""
        return self.ask(queries.lots(lot, item, at))

    def lot_list(
        self, *, holder: str | None = None, owner: str | None = None, facility: str | None = None,
        product: str | None = None, in_stock: bool = False, page: ListPage = FIRST
    ) -> LotListAnswer:
        """A page of the lots that an organisation holds or owns, newest first, with their figures."""
        return self.ask(queries.lot_list(
            holder=holder, owner=owner, facility=facility, product=product, in_stock=in_stock, page=page
        ))

    def received(
        self, organization: str, party: str | None = None, period: PeriodBounds = EVER, page: ListPage = FIRST
    ) -> TransferListAnswer:
        """A page of the transfers to an organisation, newest first, with their figures. `party`: the sender."""
        return self.ask(queries.received(organization, party, period, page))

    def delivered(
        self, organization: str, party: str | None = None, period: PeriodBounds = EVER, page: ListPage = FIRST
    ) -> TransferListAnswer:
        """A page of the transfers from an organisation, newest first, with their figures. `party`: the receiver."""
        return self.ask(queries.delivered(organization, party, period, page))

    def record_list(
        self, *, issuer: str | None = None, kind: str | None = None, facility: str | None = None,
        period: PeriodBounds = EVER, findings: bool = False, page: ListPage = FIRST
    ) -> RecordListAnswer:
        """A page of the records of an organisation, newest first. `findings`: only those with findings, each with
        them."""
        return self.ask(queries.record_list(
            issuer=issuer, kind=kind, facility=facility, period=period, findings=findings, page=page
        ))

    def grants(
        self, organization: str, *, limit: int | None = None, after: int | None = None
    ) -> GrantListAnswer:
        """A page of the grants that an organisation has given or got, newest first, with their state now."""
        return self.ask(queries.grants(organization, limit=limit, after=after))

    def readers(self, *, limit: int | None = None, after: int | None = None) -> ReaderListAnswer:
        """A page of the organisations that the registrar lets read everything, newest first."""
        return self.ask(queries.readers(limit=limit, after=after))

    def passport(
        self, lot: str | None = None, item: str | None = None, product: str | None = None
    ) -> PassportAnswer:
        """The published passport of a lot, an item or a product."""
        return self.ask(queries.passport(lot, item, product))

    def accesses(
        self, organization: str, since: str | None = None, until: str | None = None, *, limit: int | None = None,
        after: int | None = None,
    ) -> AccessListAnswer:
        """A page of the access log about an organisation's data, newest first: from the day `since` on, before
        `until`."""
        return self.ask(queries.accesses(organization, since, until, limit=limit, after=after))

    def access_proofs(self, organization: str, day: str, indexes: Sequence[int]) -> AccessProofsAnswer:
        """The inclusion paths of rows of a day in its signed root."""
        return self.ask(queries.access_proofs(organization, day, indexes))

    def show(self, name: str, at: int | None = None) -> ShownAnswer:
        """One page about a record, lot, item, organisation, facility, product or pool."""
        return self.ask(queries.show(name, at))

    def received_footprint(
        self, organization: str, party: str, period: PeriodBounds = EVER, at: int | None = None, *,
        limit: int | None = None
    ) -> ReceivedFootprintAnswer:
        """The footprint of the goods that an organisation bought from the supplier `party`."""
        return self.ask(queries.received_footprint(organization, party, period, at, limit=limit))

    def coverage(self, organization: str, period: PeriodBounds = EVER, at: int | None = None) -> PurchaseCoverageAnswer:
        """The data behind the goods that an organisation bought, by supplier."""
        return self.ask(queries.coverage(organization, period, at))

    def footprint(
        self, lot: str, at: int | None = None, *, averages: bool = False, all_findings: bool = False
    ) -> FootprintAnswer:
        """The stored footprint of a lot. `averages`: also of its product; `all_findings`: of up to 250,000 records
        upstream."""
        return self.ask(queries.footprint(lot, at, averages=averages, all_findings=all_findings))

    def method(self, lot: str, options: MethodOptions, at: int | None = None) -> MethodAnswer:
        """The figure of a lot by a method, with other potentials or another allocation."""
        return self.ask(queries.method(lot, options, at))

    def chain_method(self, lot: str, name: str, at: int | None = None) -> ChainMethodAnswer:
        """The figure of a lot by a method of a sector, over the lot's whole chain."""
        return self.ask(queries.chain_method(lot, name, at))

    def product(
        self, name: str, period: PeriodBounds = EVER, at: int | None = None, *, limit: int | None = None,
        all_findings: bool = False
    ) -> ProductAnswer:
        """The footprint of a product: all lots of a period, weighted by production. `limit`: the lots to list;
        `all_findings`: of up to 250,000 records upstream."""
        return self.ask(queries.product(name, period, at, limit=limit, all_findings=all_findings))

    def contributions(
        self, lot: str, by: str = "stage", at: int | None = None, *, burden: str | None = None,
        content: str | None = None, limit: int | None = None
    ) -> Contributions:
        """The contributions to a lot's figure, or to one of its contents, in rows that add up to it."""
        return self.ask(queries.contributions(lot, by, at, burden=burden, content=content, limit=limit))

    def gaps(self, lot: str, at: int | None = None, *, limit: int | None = None) -> LotGaps:
        """The data gaps in a lot's figure, largest first, and whom to ask."""
        return self.ask(queries.gaps(lot, at, limit=limit))

    def trace(
        self, names: Sequence[str], direction: queries.Direction = "upstream", at: int | None = None, *,
        depth: int | None = None, stages: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The chain of lots, as node-link JSON (`networkx.node_link_graph(answer, edges="edges")`)."""
        return self.ask(queries.trace(names, direction, at, depth=depth, stages=stages))

    def changes(
        self, holder: str, since: int = 0, after: int | None = None, *, limit: int | None = None
    ) -> ChangesAnswer:
        """A page of the restatements of a holder's lots; `next` of the answer has `since` and `after` of the next
        page."""
        return self.ask(queries.changes(holder, since, after, limit=limit))

    def uncertainty(
        self, lot: str, at: int | None = None, *, samples: int = 0, seed: int = 0, top: int | None = None
    ) -> UncertaintyAnswer:
        """The uncertainty of a lot's figure, with a Monte Carlo if `samples` is above zero."""
        return self.ask(queries.uncertainty(lot, at, samples=samples, seed=seed, top=top))

    def sensitivity(self, lot: str, at: int | None = None) -> SensitivityAnswer:
        """The figure of a lot by each allocation key."""
        return self.ask(queries.sensitivity(lot, at))

    def factor_sensitivity(
        self, lot: str, at: int | None = None, *, limit: int | None = None
    ) -> FactorSensitivityAnswer:
        """The figure of a lot by the newest versions of the factor sets."""
        return self.ask(queries.factor_sensitivity(lot, at, limit=limit))

    def methods(self) -> CatalogueAnswer:
        """The available methods, sets of global warming potentials and allocation keys."""
        return self.ask(queries.methods())

    def verification(
        self, lot: str, at: int | None = None, *, shares: Sequence[str] = (), limit: int | None = None
    ) -> VerificationAnswer:
        """The list for a verifier of a lot's figure. The server refuses a share, NAME=FRACTION, above the part that
        attestations cover."""
        return self.ask(queries.verification(lot, at, shares=shares, limit=limit))

    def statement(self, lot: str, options: MethodOptions = AS_STORED, at: int | None = None) -> Statement:
        """A signed statement of a lot's figure, to be checked offline."""
        return self.ask(queries.statement(lot, options, at))

    def record(self, digest: str) -> RecordAnswer:
        """A record by its digest, with its entry and findings."""
        return self.ask(queries.record(digest))

    def receipt(
        self, digest: str, *, revised: int | None = None, size: int | None = None, wait: float | None = None
    ) -> Receipt:
        """The receipt of a record. `revised`: the results that the record gave to the record at this index; `size`:
        proved in the tree of that size; `wait`: seconds to wait for the log's witnesses."""
        return self.ask(queries.receipt(digest, revised=revised, size=size, wait=wait))

    def inventory(self, organization: str, year: int, at: int | None = None) -> InventoryAnswer:
        """The yearly inventory of an organisation by scope, site and equity share."""
        return self.ask(queries.inventory(organization, year, at))

    def site_report(
        self, facility: str, year: int, at: int | None = None, *, operator: str | None = None
    ) -> SiteReportAnswer:
        """The yearly report of a site, after the GB/T 32151 series. `operator`: its expected operator."""
        return self.ask(queries.site_report(facility, year, at, operator=operator))

    def installations(self, facility: str, year: int, at: int | None = None) -> Installations:
        """The productions of an installation, and of those upstream of it, in a calendar year."""
        return self.ask(queries.installations(facility, year, at))

    def indicators(
        self, sector: str, period: PeriodBounds = EVER, at: int | None = None, *, by: str | None = None
    ) -> IndicatorsAnswer:
        """The indicators of a sector on this ledger, with their coverage and targets."""
        return self.ask(queries.indicators(sector, period, at, by=by))

    def organizations(self, after: int = -1, *, limit: int | None = None) -> list[OrganizationAnswer]:
        """A page of organisations in log order. `after`: the index of the last one of the page before."""
        return self.ask(queries.organizations(after, limit=limit))

    def plugins(self) -> list[PluginAnswer]:
        """The plugins that are installed on the server, and the versions in force on the log."""
        return self.ask(queries.plugins())

    def plugin_versions(self) -> list[PluginVersionAnswer]:
        """All versions of plugins that the log has ever activated."""
        return self.ask(queries.plugin_versions())

    def schemas(self, find: str | None = None) -> list[SchemaEntry]:
        """The kinds of records and the processes of the sectors; with `find`, those that fit the words, best first."""
        return self.ask(queries.schemas(find))

    def schema(self, name: str) -> SchemaReference:
        """The fields of a kind of record, or of the activity of a process."""
        return self.ask(queries.schema(name))

    def add_client(self, name: str, scopes: Sequence[str] = ("read",)) -> NewClientAnswer:
        """Enters software or a person of the organisation that asks, with a secret that the answer shows once."""
        body = {"name": name, "scopes": [*scopes]}
        return decoded(self._runner.run(self._asking.change("POST", CLIENTS, body)), NewClientAnswer)

    def clients(self, after: str = "", *, limit: int | None = None) -> ClientPage:
        """A page of the clients of the organisation that asks. `after`: the `next` of the page before."""
        return self.ask(queries.clients(after, limit=limit))

    def revoke_client(self, client: str) -> None:
        """Revokes a client: its tokens are refused from now on."""
        self._runner.run(self._asking.change("DELETE", client_path(client)))
