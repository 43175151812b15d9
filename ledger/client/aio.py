"""`AsyncClient`, for asynchronous code, with the methods of `Client`."""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

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
from ledger.client.http import Reader, decoded
from ledger.client.login import CLIENTS, Login, Session, client_path
from ledger.client.posting import Batcher, Submitted
from ledger.client.queries import AS_STORED, EVER, FIRST, ListPage, MethodOptions, PeriodBounds
from ledger.client.trust import authorities
from ledger.core.receipts.receipt import Receipt
from ledger.core.receipts.statement import Statement
from ledger.footprint.derived.gaps import LotGaps
from ledger.footprint.derived.tables.rows import Contributions
from ledger.registry.reference.catalogue import SchemaEntry, SchemaReference
from ledger.sdk.installation import Installations


class AsyncClient(Asking):
    """A server at `url`, as an asynchronous context manager. If it is unavailable, the client asks again for `patience`
    seconds. `ca`: a file with the authorities of certificates to trust, instead of the system's. `auth`: proves who
    asks."""

    def __init__(
        self, url: str = DEFAULT_URL, *, patience: float = 0.0, ca: Path | None = None, auth: Login | None = None
    ) -> None:
        session = None if auth is None else Session(auth)
        super().__init__(Reader.at(url, tls=None if ca is None else authorities(ca), session=session), patience)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._reader.close()

    async def submit(
        self, envelopes: Iterable[bytes] | AsyncIterable[bytes], *, witnesses: float | None = None
    ) -> AsyncIterator[Submitted]:
        """Posts any number of envelopes in bounded requests, and yields their results in order. `witnesses`: the most
        seconds to wait per request for the log's witnesses; None takes acknowledgements.

        A refused record does not stop the others. Raises SubmissionStopped if a request cannot be answered."""
        batcher, number = Batcher[bytes](len), 0
        async for envelope in _each(envelopes):
            if batch := batcher.add(envelope):
                for result in await self.submitted(number, batch, witnesses):
                    yield result
                number += len(batch)
        if batch := batcher.rest():
            for result in await self.submitted(number, batch, witnesses):
                yield result

    async def checkpoint(self) -> bytes:
        """The newest signed checkpoint of the log, not verified: see `TrustedLog.checkpoint`."""
        return await self.content("/log/checkpoint", limits.NOTE)

    async def lots(self, lot: str | None = None, item: str | None = None, at: int | None = None) -> list[LotAnswer]:
        """A lot, or all lots in the life of an item."""
        return await self.ask(queries.lots(lot, item, at))

    async def lot_list(
        self, *, holder: str | None = None, owner: str | None = None, facility: str | None = None,
        product: str | None = None, in_stock: bool = False, page: ListPage = FIRST
    ) -> LotListAnswer:
        """A page of the lots that an organisation holds or owns, newest first, with their figures."""
        return await self.ask(queries.lot_list(
            holder=holder, owner=owner, facility=facility, product=product, in_stock=in_stock, page=page
        ))

    async def received(
        self, organization: str, party: str | None = None, period: PeriodBounds = EVER, page: ListPage = FIRST
    ) -> TransferListAnswer:
        """A page of the transfers to an organisation, newest first, with their figures. `party`: the sender."""
        return await self.ask(queries.received(organization, party, period, page))

    async def delivered(
        self, organization: str, party: str | None = None, period: PeriodBounds = EVER, page: ListPage = FIRST
    ) -> TransferListAnswer:
        """A page of the transfers from an organisation, newest first, with their figures. `party`: the receiver."""
        return await self.ask(queries.delivered(organization, party, period, page))

    async def record_list(
        self, *, issuer: str | None = None, kind: str | None = None, facility: str | None = None,
        period: PeriodBounds = EVER, findings: bool = False, page: ListPage = FIRST
    ) -> RecordListAnswer:
        """A page of the records of an organisation, newest first. `findings`: only those with findings, each with
        them."""
        return await self.ask(queries.record_list(
            issuer=issuer, kind=kind, facility=facility, period=period, findings=findings, page=page
        ))

    async def grants(
        self, organization: str, *, limit: int | None = None, after: int | None = None
    ) -> GrantListAnswer:
        """A page of the grants that an organisation has given or got, newest first, with their state now."""
        return await self.ask(queries.grants(organization, limit=limit, after=after))

    async def readers(self, *, limit: int | None = None, after: int | None = None) -> ReaderListAnswer:
        """A page of the organisations that the registrar lets read everything, newest first."""
        return await self.ask(queries.readers(limit=limit, after=after))

    async def passport(
        self, lot: str | None = None, item: str | None = None, product: str | None = None
    ) -> PassportAnswer:
        """The published passport of a lot, an item or a product."""
        return await self.ask(queries.passport(lot, item, product))

    async def accesses(
        self, organization: str, since: str | None = None, until: str | None = None, *, limit: int | None = None,
        after: int | None = None,
    ) -> AccessListAnswer:
        """A page of the access log about an organisation's data, newest first: from the day `since` on, before
        `until`."""
        return await self.ask(queries.accesses(organization, since, until, limit=limit, after=after))

    async def access_proofs(self, organization: str, day: str, indexes: Sequence[int]) -> AccessProofsAnswer:
        """The inclusion paths of rows of a day in its signed root."""
        return await self.ask(queries.access_proofs(organization, day, indexes))

    async def show(self, name: str, at: int | None = None) -> ShownAnswer:
        """One page about a record, lot, item, organisation, facility, product or pool."""
        return await self.ask(queries.show(name, at))

    async def received_footprint(
        self, organization: str, party: str, period: PeriodBounds = EVER, at: int | None = None, *,
        limit: int | None = None
    ) -> ReceivedFootprintAnswer:
        """The footprint of the goods that an organisation bought from the supplier `party`."""
        return await self.ask(queries.received_footprint(organization, party, period, at, limit=limit))

    async def coverage(
        self, organization: str, period: PeriodBounds = EVER, at: int | None = None
    ) -> PurchaseCoverageAnswer:
        """The data behind the goods that an organisation bought, by supplier."""
        return await self.ask(queries.coverage(organization, period, at))

    async def footprint(
        self, lot: str, at: int | None = None, *, averages: bool = False, all_findings: bool = False
    ) -> FootprintAnswer:
        """The stored footprint of a lot. `averages`: also of its product; `all_findings`: of up to 250,000 records
        upstream."""
        return await self.ask(queries.footprint(lot, at, averages=averages, all_findings=all_findings))

    async def method(self, lot: str, options: MethodOptions, at: int | None = None) -> MethodAnswer:
        """The figure of a lot by a method, with other potentials or another allocation."""
        return await self.ask(queries.method(lot, options, at))

    async def chain_method(self, lot: str, name: str, at: int | None = None) -> ChainMethodAnswer:
        """The figure of a lot by a method of a sector, over the lot's whole chain."""
        return await self.ask(queries.chain_method(lot, name, at))

    async def product(
        self, name: str, period: PeriodBounds = EVER, at: int | None = None, *, limit: int | None = None,
        all_findings: bool = False
    ) -> ProductAnswer:
        """The footprint of a product: all lots of a period, weighted by production. `limit`: the lots to list;
        `all_findings`: of up to 250,000 records upstream."""
        return await self.ask(queries.product(name, period, at, limit=limit, all_findings=all_findings))

    async def contributions(
        self, lot: str, by: str = "stage", at: int | None = None, *, burden: str | None = None,
        content: str | None = None, limit: int | None = None
    ) -> Contributions:
        """The contributions to a lot's figure, or to one of its contents, in rows that add up to it."""
        return await self.ask(queries.contributions(lot, by, at, burden=burden, content=content, limit=limit))

    async def gaps(self, lot: str, at: int | None = None, *, limit: int | None = None) -> LotGaps:
        """The data gaps in a lot's figure, largest first, and whom to ask."""
        return await self.ask(queries.gaps(lot, at, limit=limit))

    async def trace(
        self, names: Sequence[str], direction: queries.Direction = "upstream", at: int | None = None, *,
        depth: int | None = None, stages: Sequence[str] = ()
    ) -> dict[str, Any]:
        """The chain of lots, as node-link JSON (`networkx.node_link_graph(answer, edges="edges")`)."""
        return await self.ask(queries.trace(names, direction, at, depth=depth, stages=stages))

    async def changes(
        self, holder: str, since: int = 0, after: int | None = None, *, limit: int | None = None
    ) -> ChangesAnswer:
        """A page of the restatements of a holder's lots; `next` of the answer has `since` and `after` of the next
        page."""
        return await self.ask(queries.changes(holder, since, after, limit=limit))

    async def uncertainty(
        self, lot: str, at: int | None = None, *, samples: int = 0, seed: int = 0, top: int | None = None
    ) -> UncertaintyAnswer:
        """The uncertainty of a lot's figure, with a Monte Carlo if `samples` is above zero."""
        return await self.ask(queries.uncertainty(lot, at, samples=samples, seed=seed, top=top))

    async def sensitivity(self, lot: str, at: int | None = None) -> SensitivityAnswer:
        """The figure of a lot by each allocation key."""
        return await self.ask(queries.sensitivity(lot, at))

    async def factor_sensitivity(
        self, lot: str, at: int | None = None, *, limit: int | None = None
    ) -> FactorSensitivityAnswer:
        """The figure of a lot by the newest versions of the factor sets."""
        return await self.ask(queries.factor_sensitivity(lot, at, limit=limit))

    async def methods(self) -> CatalogueAnswer:
        """The available methods, sets of global warming potentials and allocation keys."""
        return await self.ask(queries.methods())

    async def verification(
        self, lot: str, at: int | None = None, *, shares: Sequence[str] = (), limit: int | None = None
    ) -> VerificationAnswer:
        """The list for a verifier of a lot's figure. The server refuses a share, NAME=FRACTION, above the part that
        attestations cover."""
        return await self.ask(queries.verification(lot, at, shares=shares, limit=limit))

    async def statement(self, lot: str, options: MethodOptions = AS_STORED, at: int | None = None) -> Statement:
        """A signed statement of a lot's figure, to be checked offline."""
        return await self.ask(queries.statement(lot, options, at))

    async def record(self, digest: str) -> RecordAnswer:
        """A record by its digest, with its entry and findings."""
        return await self.ask(queries.record(digest))

    async def receipt(
        self, digest: str, *, revised: int | None = None, size: int | None = None, wait: float | None = None
    ) -> Receipt:
        """The receipt of a record. `revised`: the results that the record gave to the record at this index; `size`:
        proved in the tree of that size; `wait`: seconds to wait for the log's witnesses."""
        return await self.ask(queries.receipt(digest, revised=revised, size=size, wait=wait))

    async def inventory(self, organization: str, year: int, at: int | None = None) -> InventoryAnswer:
        """The yearly inventory of an organisation by scope, site and equity share."""
        return await self.ask(queries.inventory(organization, year, at))

    async def site_report(
        self, facility: str, year: int, at: int | None = None, *, operator: str | None = None
    ) -> SiteReportAnswer:
        """The yearly report of a site, after the GB/T 32151 series. `operator`: its expected operator."""
        return await self.ask(queries.site_report(facility, year, at, operator=operator))

    async def installations(self, facility: str, year: int, at: int | None = None) -> Installations:
        """The productions of an installation, and of those upstream of it, in a calendar year."""
        return await self.ask(queries.installations(facility, year, at))

    async def indicators(
        self, sector: str, period: PeriodBounds = EVER, at: int | None = None, *, by: str | None = None
    ) -> IndicatorsAnswer:
        """The indicators of a sector on this ledger, with their coverage and targets."""
        return await self.ask(queries.indicators(sector, period, at, by=by))

    async def organizations(self, after: int = -1, *, limit: int | None = None) -> list[OrganizationAnswer]:
        """A page of organisations in log order. `after`: the index of the last one of the page before."""
        return await self.ask(queries.organizations(after, limit=limit))

    async def plugins(self) -> list[PluginAnswer]:
        """The plugins that are installed on the server, and the versions in force on the log."""
        return await self.ask(queries.plugins())

    async def plugin_versions(self) -> list[PluginVersionAnswer]:
        """All versions of plugins that the log has ever activated."""
        return await self.ask(queries.plugin_versions())

    async def schemas(self, find: str | None = None) -> list[SchemaEntry]:
        """The kinds of records and the processes of the sectors; with `find`, those that fit the words, best first."""
        return await self.ask(queries.schemas(find))

    async def schema(self, name: str) -> SchemaReference:
        """The fields of a kind of record, or of the activity of a process."""
        return await self.ask(queries.schema(name))

    async def add_client(self, name: str, scopes: Sequence[str] = ("read",)) -> NewClientAnswer:
        """Enters software or a person of the organisation that asks, with a secret that the answer shows once."""
        body = {"name": name, "scopes": [*scopes]}
        return decoded(await self.change("POST", CLIENTS, body), NewClientAnswer)

    async def clients(self, after: str = "", *, limit: int | None = None) -> ClientPage:
        """A page of the clients of the organisation that asks. `after`: the `next` of the page before."""
        return await self.ask(queries.clients(after, limit=limit))

    async def revoke_client(self, client: str) -> None:
        """Revokes a client: its tokens are refused from now on."""
        await self.change("DELETE", client_path(client))


async def _each(envelopes: Iterable[bytes] | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(envelopes, AsyncIterable):
        async for envelope in envelopes:
            yield envelope
        return
    for envelope in envelopes:
        yield envelope
