"""The door: the layers that a request passes, in order, before a handler runs."""

from collections.abc import Awaitable, Iterator

from litestar.types import ASGIApp, Receive, Scope, Send

from ledger.host.waker import Waker
from ledger.service.identity.issuing import TokenService
from ledger.service.limits import ClientLimits
from ledger.service.observation import catalogue
from ledger.service.observation.families import Family, by_label, single
from ledger.web.door.bodies import BodyLimits, BodyReader
from ledger.web.door.callers import Callers
from ledger.web.door.clients import BehindProxies
from ledger.web.door.even_refusals import EvenRefusals
from ledger.web.door.hosts import OwnHosts, names_of
from ledger.web.door.questions import Questions
from ledger.web.resources import HeadAsGet


class Door:
    """The application with its door. `bound`: the address at which the server listens. `tokens`: verifies access
    tokens."""

    def __init__(
        self, app: ASGIApp, limits: ClientLimits, bound: str, public_url: str | None = None,
        tokens: TokenService | None = None,
    ) -> None:
        # A token takes a statement of the database, so it is verified when the request has its place.
        known = HeadAsGet(app) if tokens is None else Callers(HeadAsGet(app), tokens)
        self._questions = Questions(known, limits.questions)
        self._bodies = BodyReader(EvenRefusals(self._questions, Waker()), BodyLimits(seconds=limits.body_seconds))
        names = names_of(bound, public_url, limits.hosts)
        self._first: ASGIApp = OwnHosts(BehindProxies(self._bodies, limits.proxies), names)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        return self._first(scope, receive, send)

    def families(self) -> Iterator[Family]:
        """Metrics of the queues and bodies."""
        kinds = {"chains": self._questions.questions, "pages": self._questions.pages, "rows": self._questions.rows}
        yield by_label(catalogue.QUERIES_RUNNING, {kind: places.running for kind, places in kinds.items()})
        yield by_label(catalogue.QUERIES_WAITING, {kind: places.waiting for kind, places in kinds.items()})
        yield single(catalogue.BODY_BYTES, self._bodies.held)
