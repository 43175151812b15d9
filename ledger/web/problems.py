"""Errors in HTTP answers: RFC 9457 problem details, with the headers that belong to them."""

import logging
import re
from collections.abc import Sequence
from math import ceil
from typing import Any, Final

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException
from litestar.routes import BaseRoute
from msgspec.structs import replace

from ledger.answers.problems import ParameterFault, Problem, problem_of
from ledger.errors import Exhausted, LedgerError, Unavailable
from ledger.web.observation.note import note_of

MEDIA_TYPE = "application/problem+json"
_log = logging.getLogger(__name__)
_MISSING: Final = re.compile(r"Missing required \w+ parameter '([^']+)'")
"""How Litestar says that a request lacks a parameter."""

_SPELLINGS: Final = {"since": "from", "start": "from", "until": "to", "end": "to"}
"""Parameters that handlers name otherwise than requests do: `from` is a keyword of Python."""


def refused_request(
    status: int, code: str, detail: str, *, field: str | None = None, value: str | None = None, rule: str | None = None
) -> Problem:
    """The problem details for a request that the server refuses before it reaches the service."""
    return Problem(
        type=f"urn:carbon-ledger:problem:{code}", title="The request is refused", status=status, detail=detail,
        code=code, field=field, value=value, rule=rule,
    )


def ledger_error(_: Request[Any, Any, Any], error: LedgerError) -> Response[bytes]:
    return error_response(error)


def error_response(error: LedgerError) -> Response[bytes]:
    """The HTTP answer for an error."""
    retry_after = error.retry_after if isinstance(error, Exhausted | Unavailable) else None
    return problem_response(problem_of(error), retry_after)


def http_error(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The answer for errors of the framework: unknown paths, wrong methods, parameters that do not parse."""
    if error.status_code == 405:
        allowed = ", ".join(methods_of(request))
        answer = problem_response(refused_request(
            405, "method-not-allowed", error.detail, field="method", rule=f"one of {allowed}"))
        # RFC 9110, 15.5.6: the answer names the methods.
        answer.headers["Allow"] = allowed
        return answer
    code = {404: "not-found", 413: "too-large", 415: "media-type"}.get(
        error.status_code, "invalid-request"
    )
    if error.status_code == 404:
        return problem_response(refused_request(
            404, code, "the server has no such path", field="path", rule="a path of /schema, the OpenAPI document"))
    missing = _MISSING.match(error.detail)
    if missing is not None:
        name = missing[1]
        return problem_response(refused_request(error.status_code, code, f"the parameter {name} is missing", field=name,
                                         rule="a value"))
    extra = getattr(error, "extra", None)
    faults = [
        ParameterFault(field=_SPELLINGS.get(fault.get("key", ""), fault.get("key")),
                       detail=fault.get("message") or error.detail)
        for fault in (extra if isinstance(extra, list) else []) if isinstance(fault, dict)
    ]
    if len(faults) < 2:
        fault = faults[0] if faults else ParameterFault(field=None, detail=error.detail)
        return problem_response(refused_request(error.status_code, code, fault.detail, field=fault.field))
    detail = "; ".join([f"{fault.field}: {fault.detail}" for fault in faults])
    problem = refused_request(error.status_code, code, detail, field=faults[0].field)
    return problem_response(replace(problem, errors=faults))


def methods_of(request: Request[Any, Any, Any]) -> list[str]:
    """The methods of all handlers of the requested path, which has a route. The framework's own answer to OPTIONS names
    only the methods of the first handler."""
    path = request.url.path.strip("/").split("/")
    routes = [route for route in request.app.routes if _fits(route, path)]
    # As the framework routes: a path without parameters comes first.
    plain = [route for route in routes if "{" not in route.path_format]
    methods = {str(method) for route in plain or routes for method in getattr(route, "methods", ())}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def _fits(route: BaseRoute, path: Sequence[str]) -> bool:
    """`path`: its parts."""
    parts = route.path_format.strip("/").split("/")
    # The only parameter that spans several parts is the last one of its route.
    is_longer = route.path.endswith(":path}") and len(path) >= len(parts)
    return (len(path) == len(parts) or is_longer) and all(
        part.startswith("{") or part == own for part, own in zip(parts, path, strict=False)
    )


def unexpected_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """The answer for a defect of this program: the log has all details, the answer has no details."""
    note = note_of(request.scope)
    _log.error("%s %s failed", request.method, request.url.path, exc_info=error,
               extra={"fields": {} if note is None else {"request": note.id}})
    return problem_response(Problem(
        type="urn:carbon-ledger:problem:internal", title="Internal error", status=500,
        detail="the server failed; its log has the cause", code="internal",
    ))


def problem_headers(problem: Problem, retry_after: float | None = None) -> dict[str, str]:
    """The headers of a problem. `retry_after`: seconds; 503 without a value says one second."""
    # A cache that keeps a 404 would hide entries that were added later.
    headers = {"Cache-Control": "no-store"}
    if problem.status == 401:
        # RFC 6750, section 3: a request without a token gets no error.
        error = ', error="invalid_token"' if problem.code == "invalid-token" else ""
        headers["WWW-Authenticate"] = f'Bearer realm="carbon-ledger"{error}'
    wait = 1.0 if retry_after is None and problem.status == 503 else retry_after
    return headers if wait is None else headers | {"Retry-After": str(max(1, ceil(wait)))}


def problem_response(problem: Problem, retry_after: float | None = None) -> Response[bytes]:
    """The HTTP answer for a problem."""
    return Response(msgspec.json.encode(problem), status_code=problem.status, media_type=MEDIA_TYPE,
                    headers=problem_headers(problem, retry_after))
