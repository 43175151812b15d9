"""Refuses query parameters that a route does not have: without them the answer would be to another question."""

from typing import Any, Final

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from ledger.core.nearest import allowed
from ledger.errors import InvalidInput

_OF_THE_FRAMEWORK: Final = frozenset({"request", "state", "headers", "cookies", "query", "body", "data", "scope"})
API: Final = "/v1/"
"""Below it parameters are checked. Caches and scrapers may add some to the log's paths."""


def parameters_of(handler: HTTPRouteHandler) -> frozenset[str]:
    """The names of the query parameters of a route, as requests spell them."""
    given = _OF_THE_FRAMEWORK | handler.resolve_dependencies().keys()
    names = set()
    for name, parameter in handler.parsed_fn_signature.parameters.items():
        if name not in given:
            definition = parameter.kwarg_definition
            names.add(getattr(definition, "query", None) or name)
    return frozenset(names)


def check_parameters(request: Request[Any, Any, Any], known: frozenset[str]) -> None:
    """Raises InvalidInput for a parameter that is not known."""
    for name in request.query_params:
        if name not in known:
            fault = InvalidInput(f"{request.url.path} has no parameter {name!r}", code="invalid-request", field=name,
                                 value=request.query_params[name], rule=f"one of: {' '.join(sorted(known))}")
            fault.allowed = allowed(name, sorted(known))
            raise fault
