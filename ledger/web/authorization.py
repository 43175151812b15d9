"""Admits a request, or refuses it, before its handler runs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from ledger.access.caller import NOBODY, Caller
from ledger.access.declared import ACCESS, Declared, OpenToAll
from ledger.access.rights import OPEN, Rights
from ledger.errors import ConfigurationError, Denied, Unauthenticated
from ledger.service.access.rights import AskingCaller, read_rights
from ledger.service.access.sight import Sight
from ledger.service.access_log.noting import Noter
from ledger.service.identity.faults import invalid_token
from ledger.service.identity.issuing import HeldToken
from ledger.service.ledger import Ledger
from ledger.web.parameters import API, check_parameters, parameters_of
from ledger.web.problems import methods_of

CALLER: Final = "caller"
"""The key of a request's state under which the door puts the caller."""
TOKEN: Final = "token"  # noqa: S105 - a key
"""The key of its token, whose signature is verified; absent or None without one."""
_SIGHT: Final = "sight"


def caller_of(request: Request[Any, Any, Any]) -> Caller:
    """The caller of a request; NOBODY without a token."""
    caller: Caller = request.scope.get("state", {}).get(CALLER, NOBODY)
    return caller


def require_scope(caller: Caller, scope: str, rule: str) -> None:
    """Raises Denied unless the caller's token has the scope."""
    if scope not in caller.scopes:
        raise Denied(f"the token does not have the scope {scope}", code="scope-needed", field="scope",
                     value=" ".join(sorted(caller.scopes)), rule=rule)


class Admission:
    """The hook before each handler."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._known: dict[HTTPRouteHandler, Mapping[str, bool]] = {}

    async def __call__(self, request: Request[Any, Any, Any]) -> Response[None] | None:
        """Answers OPTIONS with the methods of the path. Otherwise puts the sight of the caller into the request. Raises
        InvalidInput for a parameter that the route does not have, and the errors of `Gate.admit`."""
        if _is_of_framework(request.route_handler):
            return Response(None, status_code=204, headers={"Allow": ", ".join(methods_of(request))})
        if request.scope["query_string"] and request.scope["path"].startswith(API):
            check_parameters(request, self._parameters(request.route_handler))
        declared = declared_by(request.route_handler)
        if not all(isinstance(one, OpenToAll) for one in declared):
            request.scope["state"][_SIGHT] = await _admitted(self._ledger, request, declared)
        elif _token(request) is not None:
            await rights_now(self._ledger, request)
        return None

    def _parameters(self, handler: HTTPRouteHandler) -> Mapping[str, bool]:
        known = self._known.get(handler)
        return self._known.setdefault(handler, parameters_of(handler)) if known is None else known


async def rights_now(ledger: Ledger, request: Request[Any, Any, Any]) -> Rights:
    """The rights of a request's caller at this moment; of a request that has waited too, as its token or a grant may
    have ended since. Raises Unauthenticated if the token has."""
    rights = await read_rights(ledger.pool, _asking(ledger, request))
    if rights is None:
        raise _ended()
    return OPEN if ledger.gate.is_open else rights


def _asking(ledger: Ledger, request: Request[Any, Any, Any]) -> AskingCaller:
    """Who asks. Raises Unauthenticated if the token is expired by now."""
    token = _token(request)
    return AskingCaller(caller_of(request)) if token is None else ledger.tokens.asking(token)


def _token(request: Request[Any, Any, Any]) -> HeldToken | None:
    token: HeldToken | None = request.scope.get("state", {}).get(TOKEN)
    return token


def _ended() -> Unauthenticated:
    return invalid_token("it is revoked, or its key, client or grant is")


async def sight_again(ledger: Ledger, request: Request[Any, Any, Any]) -> Sight:
    """The sight of a request that has waited, by its caller's rights at this moment. Raises the errors of `Gate.admit`,
    and Unauthenticated."""
    return await _admitted(ledger, request, declared_by(request.route_handler), sight_of(request))


async def _admitted(
    ledger: Ledger, request: Request[Any, Any, Any], declared: Declared, before: Sight | None = None
) -> Sight:
    """The sight of a request's caller, whose reading is noted. `before`: the sight that it had. Raises the errors of
    `Gate.admit`, and Unauthenticated."""
    if ledger.gate.is_open:
        return Sight(OPEN if _token(request) is None else await rights_now(ledger, request))
    values: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        values.setdefault(name, []).append(value)
    # A parameter of the path cannot be replaced by one of the query.
    values.update({name: [str(value)] for name, value in request.path_params.items()})
    sight = await ledger.gate.admit(_asking(ledger, request), declared, values)
    if sight is None:
        raise _ended()
    # With the same rights, the reading is noted already.
    noter = before.noter if before is not None and sight.rights == before.rights else None
    if noter is None:
        noter = Noter(ledger.accesses, sight.rights, request.scope["path_template"], sight.asked)
    # Before the handler runs, so that no answer leaves without its row.
    await noter.note(sight.owners)
    return sight._replace(noter=noter)


def sight_of(request: Request[Any, Any, Any]) -> Sight:
    """The caller's sight of the thing that this request names: a dependency of handlers."""
    sight: Sight = request.scope["state"][_SIGHT]
    return sight


def declarations(app: Litestar) -> Mapping[str, Declared]:
    """The declarations of all routes of the API, by method and path."""
    return {
        f"{method} {route.path_format.rstrip('/') or '/'}": declared_by(handler)
        for route in app.routes if isinstance(route, HTTPRoute)
        for handler in route.route_handlers if ACCESS in handler.opt
        for method in sorted(handler.http_methods)
    }


def declared_by(handler: object) -> Declared:
    """The declarations of a route. Raises ConfigurationError without one."""
    options: Mapping[str, Any] = getattr(handler, "opt", {})
    declared = options.get(ACCESS)
    if not declared:
        raise ConfigurationError(f"the route {handler} declares no access")
    return declared if isinstance(declared, tuple) and not hasattr(declared, "_fields") else (declared,)


def check_declared(routes: Iterable[object], besides: str) -> None:
    """Raises ConfigurationError if a route declares no access, so that such a server does not start. `besides`: the
    path of the document of the routes, which holds no data of the log."""
    for route in routes:
        if str(getattr(route, "path", "")).startswith(besides):
            continue
        for handler in getattr(route, "route_handlers", ()):
            if isinstance(handler, HTTPRouteHandler) and not _is_of_framework(handler):
                declared_by(handler)


def _is_of_framework(handler: HTTPRouteHandler) -> bool:
    """The framework gives each path a handler of OPTIONS, which declares no access."""
    return handler.http_methods == {"OPTIONS"}
