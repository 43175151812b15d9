"""Sectors that this process computes with, as plain values: the installed sectors, and how they assess a record's
activity."""

from collections.abc import Iterable, Mapping
from decimal import localcontext
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from ledger.admission.activations import PluginState
from ledger.core.outcome.assessment import Assessment
from ledger.core.outcome.leaves import assessment_bytes
from ledger.core.record.canonical import explain_schema
from ledger.engine.chain_figures import checked
from ledger.errors import LedgerError, PluginError, Unavailable
from ledger.sdk import CONTEXT, Activity, ChainFigure, Context, FactorSet, FactorSetVersion, Sector

if TYPE_CHECKING:  # see ledger.sdk.chain
    import networkx

_assessment = msgspec.json.Decoder(Assessment)


def words_of(error: BaseException) -> str:
    """The message of a plugin's error. A replacement text if the error's own `__str__` fails."""
    try:
        return str(error)
    except BaseException:
        return "(no message: the error's own text cannot be made)"


class Installed(Struct, frozen=True):
    """A sector that this process can compute with. `digest`: hex SHA-256 of its code and factors."""

    sector: Sector
    digest: str
    distribution: str
    package: str = ""

    @property
    def tag(self) -> str:
        """The name by which figures say which plugin computed them: name/version."""
        return f"{self.sector.name}/{self.sector.version}"

    def assess(self, context: Context, activity: bytes) -> Assessment:
        """Runs the route's `assess` in the SDK's arithmetic. Raises InvalidBody for an invalid activity, PluginError
        for any other failure of the plugin."""
        route = self.sector.routes.get(context.route)
        if route is None:
            raise PluginError(
                f"process: sector {self.sector.name} has no route {context.route!r}", code="unknown-route",
                field="process", value=context.process, rule="one of " + " ".join(sorted(self.sector.routes)),
            )
        decoded = decode_activity(activity, route.activity)
        try:
            with localcontext(CONTEXT):
                assessment = route.assess(context, decoded)
        except LedgerError:
            raise
        except Exception as error:
            raise PluginError(
                f"plugin {self.tag} failed on {context.process}: {type(error).__name__}: {words_of(error)}",
                field="activity", rule="the plugin assesses the activity without an error",
            ) from error
        if not isinstance(assessment, Assessment):
            raise PluginError(f"plugin {self.tag} returned a {type(assessment).__name__}, not an Assessment")
        self._check_types(assessment)
        return assessment

    def _check_types(self, assessment: Assessment) -> None:
        """A struct does not check the values that it is made with. Decoding its JSON does, so encode and decode it."""
        try:
            _assessment.decode(assessment_bytes(assessment))
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError) as error:
            raise PluginError(
                f"plugin {self.tag} returned an invalid assessment: {error}", code="invalid-assessment",
                field="activity", rule="the types and limits of an Assessment",
            ) from error

    def method_tags(self) -> list[str]:
        """The names by which callers ask for its chain methods: sector.method/version."""
        return [f"{self.sector.name}.{name}/{one.version}" for name, one in sorted(self.sector.methods.items())]

    def footprint(self, method: str, chain: "networkx.DiGraph[str]", lot: str) -> ChainFigure:
        """The figure that a chain method computes for the node `lot`. Raises KeyError if the sector has no method of
        that name; PluginError, which names plugin and method, for any failure of the plugin."""
        chain_method = self.sector.methods[method]
        name = f"{self.sector.name}.{method}/{chain_method.version} of plugin {self.tag}"
        try:
            with localcontext(CONTEXT):
                figure: object = chain_method.footprint(chain, lot)
        except PluginError as error:
            raise PluginError(f"chain method {name}: {error.message}", code=error.code, field=error.field,
                              value=error.value, rule=error.rule) from error
        except Exception as error:
            raise PluginError(
                f"chain method {name} failed on lot {lot!r}: {type(error).__name__}: {words_of(error)}", field="method",
                rule="the plugin computes a figure of the chain without an error",
            ) from error
        return checked(figure, name)


class Registry:
    """The plugins of this process. `sectors`: the installed sectors by name. `sets`: the installed factor sets by name,
    each with all its versions. `earlier`: other versions of sectors, by name and digest."""

    def __init__(
        self, installed: Iterable[Installed] = (), sets: Iterable[FactorSet] = (), earlier: Iterable[Installed] = (),
    ) -> None:
        self.sectors: Mapping[str, Installed] = {one.sector.name: one for one in installed}
        self.sets: Mapping[str, FactorSet] = {one.name: one for one in sets}
        self._versions = {
            (one.sector.name, one.digest): one for one in (*earlier, *self.sectors.values())
        }

    def sector(self, name: str) -> Installed | None:
        """The installed version of a sector."""
        return self.sectors.get(name)

    def version(self, name: str, digest: str) -> Installed | None:
        """The version of a sector with this digest."""
        return self._versions.get((name, digest))

    def factor_set(self, name: str, active: PluginState) -> FactorSetVersion:
        """The version of a factor set in force. Raises Unavailable if it is not installed here."""
        installed = self.sets.get(name)
        version = None if installed is None else installed.version(active.digest)
        if version is None:
            raise Unavailable(
                f"factor set {name} {active.version} is in force, but this server does not have that version",
                code="plugin-version", field="supplies", value=name,
                rule=f"install the version whose digest is {active.digest}",
            )
        return version


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
