"""The call of a sector: it assesses one record's activity.

The SDK may be an earlier version than this program, from a plugin's archive. So this module, like the others that a
worker of an archived version loads, uses only names that the SDK has had from the first version on.
"""

from decimal import localcontext
from functools import cache
from typing import Any

import msgspec

from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.amounts import CONTEXT
from ledger.core.record.canonical import explain_schema
from ledger.errors import LedgerError, PluginError
from ledger.sdk import Activity, Context, Sector

_assessment = msgspec.json.Decoder(Assessment)


def words_of(error: BaseException) -> str:
    """The message of a plugin's error. A replacement text if the error's own `__str__` fails."""
    try:
        return str(error)
    except BaseException:
        return "(no message: the error's own text cannot be made)"


def tag_of(sector: Sector) -> str:
    """The name by which figures say which plugin computed them: name/version."""
    return f"{sector.name}/{sector.version}"


def assess_with(sector: Sector, context: Context, activity: bytes) -> Assessment:
    """Runs the route's `assess` in the SDK's arithmetic. Raises InvalidBody for an invalid activity, PluginError
    for any other failure of the plugin."""
    route = sector.routes.get(context.route)
    if route is None:
        raise PluginError(
            f"process: sector {sector.name} has no route {context.route!r}", code="unknown-route",
            field="process", value=context.process, rule="one of " + " ".join(sorted(sector.routes)),
        )
    decoded = decode_activity(activity, route.activity)
    tag = tag_of(sector)
    try:
        with localcontext(CONTEXT):
            assessment = route.assess(context, decoded)
    except LedgerError:
        raise
    except Exception as error:
        raise PluginError(
            f"plugin {tag} failed on {context.process}: {type(error).__name__}: {words_of(error)}",
            field="activity", rule="the plugin assesses the activity without an error",
        ) from error
    if not isinstance(assessment, Assessment):
        raise PluginError(f"plugin {tag} returned a {type(assessment).__name__}, not an Assessment")
    _check_types(assessment, tag)
    return assessment


def _check_types(assessment: Assessment, tag: str) -> None:
    """A struct does not check the values that it is made with. Decoding its JSON does, so encode and decode it."""
    try:
        _assessment.decode(assessment_bytes(assessment))
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError) as error:
        raise PluginError(
            f"plugin {tag} returned an invalid assessment: {error}", code="invalid-assessment",
            field="activity", rule="the types and limits of an Assessment",
        ) from error


@cache
def _decoder(activity: type[Activity]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(activity)


def decode_activity(raw: bytes, activity: type[Activity]) -> Activity:
    """The typed activity. Raises InvalidBody, which names the field below `activity`."""
    try:
        decoded: Activity = _decoder(activity).decode(raw)
        return decoded
    except msgspec.ValidationError as error:
        raise explain_schema(str(error), msgspec.json.decode(raw), "activity") from None
