"""Problems of the HTTP API (RFC 9457), and the errors that they stand for. One table maps errors to status codes, and
problems back to errors."""

from typing import Any, Final

from msgspec import Struct

from ledger.core.patch import Operation
from ledger.errors import (
    Denied,
    Erased,
    Exhausted,
    InvalidInput,
    LedgerError,
    NotFound,
    OutcomeUnknown,
    Overloaded,
    PluginError,
    Refused,
    ShuttingDown,
    Unauthenticated,
    Unavailable,
    VerificationError,
)

# The first matching class decides.
_STATUS: Final[tuple[tuple[type[LedgerError], int, str], ...]] = (
    (OutcomeUnknown, 503, "The outcome is not known yet"),
    (Unavailable, 503, "This server cannot answer now"),
    (Exhausted, 429, "A quota is used up"),
    (Unauthenticated, 401, "The token does not hold"),
    (Denied, 403, "Not for this caller"),
    (NotFound, 404, "Not on the ledger"),
    (Erased, 410, "Erased"),
    (Refused, 422, "The record is refused"),
    (PluginError, 422, "The sector plugin cannot assess the record"),
    (VerificationError, 400, "Verification failed"),
    (InvalidInput, 400, "Invalid input"),
    (LedgerError, 500, "The server is not set up for this"),
)
_OF_STATUS: Final[dict[int, type[LedgerError]]] = {
    400: InvalidInput, 401: Unauthenticated, 403: Denied, 404: NotFound, 410: Erased, 422: Refused,
    429: Unavailable, 503: Unavailable,
}
"""The error of a problem whose title is not in the table: the server refused the request before it reached the ledger.
"""
_NARROWER: Final[tuple[type[LedgerError], ...]] = (OutcomeUnknown, ShuttingDown, Overloaded)


class ParameterFault(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A parameter of a request that does not parse, or a field of a record that is refused, with its code, value and
    rule. `allowed`: the allowed values, the nearest first. `mend`: JSON Patch (RFC 6902) on the record."""

    field: str | None
    detail: str
    code: str | None = None
    value: str | None = None
    rule: str | None = None
    allowed: tuple[str, ...] = ()
    mend: tuple[Operation, ...] = ()


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """RFC 9457 problem details, with the ledger's `code` for programs, and the field, value and rule that explain the
    problem. `stage`: of a refused record: `shape`, `facts` or `order`. `allowed` and `mend`: see `ParameterFault`.
    `errors`: each fault, if a request or a record has several. `erasure`: for an erased record, the log's statement
    about its erasure."""

    type: str = "about:blank"
    title: str = ""
    status: int = 500
    detail: str
    code: str
    field: str | None = None
    value: str | None = None
    rule: str | None = None
    stage: str | None = None
    allowed: tuple[str, ...] = ()
    mend: tuple[Operation, ...] = ()
    errors: list[ParameterFault] = []
    erasure: Any = None

    def error(self) -> LedgerError:
        """The error that the server raised, with all its parts. An unknown status gives a LedgerError."""
        kind = _kind_of(self)
        error = _restored(kind, self)
        error.stage = self.stage
        error.parts = tuple([_restored(kind, fault) for fault in self.errors])
        if isinstance(error, Erased):
            error.erasure = self.erasure
        return error


def problem_of(error: LedgerError) -> Problem:
    """The problem details for an error."""
    status, title = next((status, title) for kind, status, title in _STATUS if isinstance(error, kind))
    return Problem(
        type=f"urn:carbon-ledger:problem:{error.code}", title=title, status=status, detail=error.message,
        code=error.code, field=error.field, value=error.value, rule=error.rule, stage=error.stage,
        allowed=error.allowed, mend=error.mend,
        errors=[
            ParameterFault(field=part.field, detail=part.message, code=part.code, value=part.value, rule=part.rule,
                           allowed=part.allowed, mend=part.mend)
            for part in error.parts
        ],
        erasure=error.erasure if isinstance(error, Erased) else None,
    )


def _kind_of(problem: Problem) -> type[LedgerError]:
    kind = next((kind for kind, status, title in _STATUS if (status, title) == (problem.status, problem.title)),
                _OF_STATUS.get(problem.status, LedgerError))
    return next((one for one in _NARROWER if one.code == problem.code and issubclass(one, kind)), kind)


def _restored(kind: type[LedgerError], fault: "Problem | ParameterFault") -> LedgerError:
    error = kind(fault.detail, code=fault.code, field=fault.field, rule=fault.rule)
    # The server has shortened it already.
    error.value = fault.value
    error.allowed, error.mend = fault.allowed, fault.mend
    return error
