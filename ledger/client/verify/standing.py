"""Whether a proven statement is in force: it has not expired, and its figure has not changed by more than 10 %."""

from http import HTTPStatus
from typing import Final, Literal

import msgspec
from msgspec import Struct

from ledger.client import limits
from ledger.client.http import BlockingReader, HttpAnswer, HttpRequest
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.key_rotation import LogKeys
from ledger.core.receipts.statement import Statement
from ledger.core.receipts.statement_steps import Proven
from ledger.errors import InvalidInput, Unavailable, VerificationError
from ledger.footprint.derived.statements import check_statement
from ledger.footprint.derived.validity import CHANGE, change_of, is_above_limit

StandingState = Literal["inForce", "expired", "superseded", "withdrawn", "unknown"]
_STATEMENT: Final = "/v1/statement"
_LOTS: Final = "/v1/lots"


class StatementStanding(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """`text` says it in words. `stated` and `current`: kg CO2e per unit in the statement and in the log's newest one,
    which is proved in the same way; `current` is absent if no log was asked. `unknown`: the log's server answers
    questions, but states no figure of the lot."""

    state: StandingState
    text: str
    stated: float | None = None
    current: float | None = None

    @property
    def is_in_force(self) -> bool:
        return self.state == "inForce"


class _ErrorCode(Struct):
    """The field of an error that this module reads."""

    code: str = ""


IN_FORCE: Final = StatementStanding(state="inForce", text="")


def standing_of(proven: Proven, on: str) -> StatementStanding:
    """The standing of a statement at the instant `on`, by its own words."""
    until = proven.claims.valid_until
    stated = float(proven.claims.figure.per_unit)
    if until is None:
        return StatementStanding(state="inForce", text="the statement says no end of its validity", stated=stated)
    if on > until:
        return StatementStanding(state="expired", stated=stated,
                        text=f"expired: the statement was valid until {until}, which is before {on}")
    return StatementStanding(state="inForce", text=f"valid until {until}, or until its figure changes by more than "
                    f"{CHANGE * 100:.0f} %", stated=stated)


def current_standing(proven: Proven, url: str, keys: LogKeys, published: Checkpoint) -> StatementStanding:
    """The standing of a statement by the newest statement of the log at this address, which is verified too. That must
    be of a tree with at least the entries of the checkpoint `published`, which the log published before.

    Raises Unavailable if the log does not answer, or answers with an older figure; VerificationError if its newest
    statement does not hold.
    """
    claims, lot = proven.claims, HttpRequest(parameters={"lot": proven.claims.lot})
    with BlockingReader(url, "log") as reader:
        answer = reader.fetch(_STATEMENT, limits.QUESTION, request=lot)
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR or answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _unavailable(f"{reader.url} answers {answer.status} for {_STATEMENT}", url)
        if answer.status != HTTPStatus.OK:
            serves = _is_from_server(answer) or _is_from_server(reader.fetch(_LOTS, limits.QUESTION, request=lot))
            return _without_figure(proven, answer, serves=serves)
    try:
        newest = check_statement(msgspec.json.decode(answer.content, type=Statement), keys.pinned, keys.notes)
    except (msgspec.DecodeError, InvalidInput) as error:
        raise _unavailable(f"the log's newest statement of {claims.lot} cannot be read: {error}", url) from error
    if newest.claims.lot != claims.lot or newest.claims.size < claims.size:
        raise VerificationError(
            f"the log states an older tree, of {newest.claims.size} entries, or another lot than {claims.lot}",
            code="wrong-statement", field="log", value=newest.claims.lot)
    if newest.claims.size < published.size:
        raise _unavailable(f"the newest statement of {claims.lot} is of {newest.claims.size} entries, but the log has "
                           f"published {published.size}: its figure may have changed since", url)
    return _compared(float(claims.figure.per_unit), float(newest.claims.figure.per_unit), claims.valid_until)


def _unavailable(message: str, url: str) -> Unavailable:
    return Unavailable(message, code="no-answer", field="log", value=url)


def _is_from_server(answer: HttpAnswer) -> bool:
    """Whether a server of the ledger answers, and not a static copy of the log, which has no questions."""
    return answer.status == HTTPStatus.OK or bool(_code(answer))


def _code(answer: HttpAnswer) -> str:
    try:
        return msgspec.json.decode(answer.content, type=_ErrorCode).code
    except msgspec.DecodeError:
        return ""


def _without_figure(proven: Proven, answer: HttpAnswer, *, serves: bool) -> StatementStanding:
    lot, stated, code = proven.claims.lot, float(proven.claims.figure.per_unit), _code(answer)
    if code == "withdrawn":
        return StatementStanding(state="withdrawn", text=f"withdrawn: {lot} has no figure any more", stated=stated)
    silent = "so nothing shows whether the figure changed since"
    if serves:
        named = f", {code}" if code else ""
        return StatementStanding(state="unknown", stated=stated, text=f"unknown: the log's server states no figure of "
                                 f"{lot} (status {answer.status}{named}), {silent}")
    return StatementStanding(state="inForce", stated=stated, text="in force by its own words only: the address has a "
                             f"copy of the log, which states no figure of {lot} (status {answer.status}), {silent}")


def _compared(stated: float, current: float, until: str | None) -> StatementStanding:
    change = change_of(stated, current)
    described = "from zero" if change is None else f"by {change * 100:+.1f} %"
    figures = f"{stated:,.6g} kg CO2e per unit stated, {current:,.6g} now"
    if is_above_limit(change):
        return StatementStanding(state="superseded", stated=stated, current=current,
                        text=f"superseded: the figure changed {described}: {figures}")
    same = "the log states the same figure now" if not change else f"the figure changed {described} since: {figures}"
    end = "" if until is None else f"; valid until {until}, or until a change above {CHANGE * 100:.0f} %"
    return StatementStanding(state="inForce", stated=stated, current=current, text=f"{same}{end}")
