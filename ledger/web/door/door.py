"""The door: the layers that a request passes, in order, before a handler runs."""

from litestar.types import ASGIApp

from ledger.service.limits import ClientLimits
from ledger.web.door.bodies import BodyLimits, BodyReader
from ledger.web.door.clients import BehindProxies
from ledger.web.door.hosts import OwnHosts, names_of
from ledger.web.door.questions import Questions
from ledger.web.resources import HeadAsGet


def door(app: ASGIApp, limits: ClientLimits, bound: str, public_url: str | None = None) -> ASGIApp:
    """The application with its door. `bound`: the address at which the server listens."""
    inner = Questions(HeadAsGet(app), limits.questions)
    bodies = BodyReader(inner, BodyLimits(seconds=limits.body_seconds))
    return OwnHosts(BehindProxies(bodies, limits.proxies), names_of(bound, public_url, limits.hosts))
