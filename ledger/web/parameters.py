"""Refuses query parameters that a route does not have, and two values of one: the answer would be to another question.
"""

from collections.abc import Mapping
from typing import Any, Final

from litestar import Request
from litestar.handlers import HTTPRouteHandler

from ledger.core.nearest import allowed
from ledger.errors import InvalidInput

_OF_THE_FRAMEWORK: Final = frozenset({"request", "state", "headers", "cookies", "query", "body", "data", "scope"})
API: Final = ("/v1/", "/auth/clients")
"""There parameters are checked. Caches and scrapers may add some to the log's paths."""


def parameters_of(handler: HTTPRouteHandler) -> Mapping[str, bool]:
    """The query parameters of a route, as requests spell them, and whether a request may repeat each."""
    given = _OF_THE_FRAMEWORK | handler.resolve_dependencies().keys()
    repeatable = {}
    for name, parameter in handler.parsed_fn_signature.parameters.items():
        if name not in given:
            definition = parameter.kwarg_definition
            types = (parameter, *parameter.inner_types) if parameter.is_union else (parameter,)
            spelled = getattr(definition, "query", None) or name
            repeatable[spelled] = any(each.is_non_string_sequence for each in types)
    return repeatable


def check_parameters(request: Request[Any, Any, Any], known: Mapping[str, bool]) -> None:
    """Raises InvalidInput for a parameter that is not known, and for a second value of one that cannot be repeated: the
    framework would ignore all but one of them."""
    given = request.query_params
    for name in given:
        values = given.getall(name)
        if name not in known:
            fault = InvalidInput(f"{request.url.path} has no parameter {name!r}", code="invalid-request", field=name,
                                 value=values[0], rule=f"one of: {', '.join(sorted(known))}")
            fault.allowed = allowed(name, sorted(known))
            raise fault
        if len(values) > 1 and not known[name]:
            raise InvalidInput(f"the parameter {name} has {len(values)} values", code="invalid-request", field=name,
                               value=", ".join(values), rule="one value")
