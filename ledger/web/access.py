"""Admits a request, or refuses it, before its handler runs."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from ledger.access.caller import NOBODY, Caller
from ledger.access.declared import ACCESS, Declared, OpenToAll
from ledger.errors import ConfigurationError, Denied
from ledger.service.access.sight import Sight
from ledger.service.access_log.noting import Noter
from ledger.service.ledger import Ledger
from ledger.web.parameters import API, check_parameters, parameters_of
from ledger.web.problems import methods_of

CALLER: Final = "caller"
"""The key of a request's state under which the door puts the caller."""
RIGHTS: Final = "rights"
"""The key of its rights, if the door has read them with the token."""
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
        if request.scope["path"].startswith(API):
            check_parameters(request, self._parameters(request.route_handler))
        declared = declared_by(request.route_handler)
        if all(isinstance(one, OpenToAll) for one in declared):
            return None
        values: dict[str, list[str]] = {}
        for name, value in request.query_params.multi_items():
            values.setdefault(name, []).append(value)
        # A parameter of the path cannot be replaced by one of the query.
        values.update({name: [str(value)] for name, value in request.path_params.items()})
        gate = self._ledger.gate
        rights = request.scope["state"].get(RIGHTS)
        if rights is None or gate.is_open:
            rights = await gate.rights_of(caller_of(request))
        sight = await gate.admit(rights, declared, values)
        if not gate.is_open:
            noter = Noter(self._ledger.accesses, sight.rights, request.scope["path_template"], sight.asked)
            # Before the handler runs, so that no answer leaves without its row.
            await noter.note(sight.owners)
            sight = sight._replace(noter=noter)
        request.scope["state"][_SIGHT] = sight
        return None

    def _parameters(self, handler: HTTPRouteHandler) -> Mapping[str, bool]:
        known = self._known.get(handler)
        return self._known.setdefault(handler, parameters_of(handler)) if known is None else known


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
