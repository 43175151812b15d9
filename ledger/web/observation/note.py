"""The note of a request: the facts that the layers share, from the outermost one to the handler."""

from typing import Any, Final, cast

from litestar.types import Scope

from ledger.service.observation.steps import Trace
from ledger.web.observation.tracing import RequestTrace

UNMATCHED: Final = "unmatched"
"""The route of requests that no handler takes, or that the door refuses."""
_KEY: Final = "carbon_ledger.request"


class RequestNote:
    """The facts about a request that its layers share."""

    __slots__ = ("client", "code", "id", "problem", "route", "status", "trace")

    def __init__(self, request_id: str, client: str, trace: RequestTrace | None) -> None:
        """`client`: the address of the connection, until a layer knows better."""
        self.id = request_id
        self.client = client
        self.trace = trace
        self.route = UNMATCHED
        self.status = 0
        self.problem = False
        self.code = ""


def put_note(scope: Scope, note: RequestNote) -> None:
    """From now on, the layers of this request see the note."""
    cast(dict[str, Any], scope)[_KEY] = note


def note_of(scope: Scope) -> RequestNote | None:
    """The note of a request; None in an application without the outermost layer."""
    note: RequestNote | None = cast(dict[str, Any], scope).get(_KEY)
    return note


def trace_of(scope: Scope) -> Trace | None:
    """The trace of a request; None unless somebody traces it."""
    note = note_of(scope)
    return None if note is None else note.trace
