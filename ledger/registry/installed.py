"""Finding plugins and pinning them: a digest over their code and factors, so that the log says what computed."""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from decimal import localcontext
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.resources import files
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import msgspec
import networkx
from msgspec import Struct

from ledger.core.assessment import Assessment
from ledger.core.canonical import explain_schema
from ledger.core.outcome import assessment_bytes
from ledger.errors import ConfigurationError, LedgerError, PluginError
from ledger.registry.chain_figures import checked
from ledger.sdk import CONTEXT, Activity, ChainFigure, Context, Sector

GROUP = "carbon_ledger.plugins"
_SDK = "ledger.sdk"
_assessment = msgspec.json.Decoder(Assessment)


def words_of(error: BaseException) -> str:
    """What an error of a plugin says of itself, where it can be made to."""
    try:
        return str(error)
    except BaseException:
        return "(it cannot be told)"


class Installed(Struct, frozen=True):
    """A sector that this process can compute with. `digest`: hex SHA-256 of its code and factors."""

    sector: Sector
    digest: str
    distribution: str
    package: str = ""

    @property
    def tag(self) -> str:
        """How figures name what computed them: name/version."""
        return f"{self.sector.name}/{self.sector.version}"

    def assess(self, context: Context, activity: bytes) -> Assessment:
        """Runs the route's `assess` in the SDK's arithmetic. Raises InvalidBody for a wrong activity, PluginError for
        whatever else goes wrong in the plugin."""
        route = self.sector.routes.get(context.route)
        if route is None:
            raise PluginError(
                f"process: sector {self.sector.name} has no route {context.route!r}", code="unknown-route",
                field="process", value=context.process, rule="one of " + " ".join(sorted(self.sector.routes)),
            )
        decoded = decode_activity(activity, route.activity)
        try:
            with localcontext(CONTEXT):
                found = route.assess(context, decoded)
        except LedgerError:
            raise
        except Exception as error:
            raise PluginError(
                f"plugin {self.tag} failed on {context.process}: {type(error).__name__}: {words_of(error)}",
                field="activity", rule="the plugin assesses the activity without an error",
            ) from error
        if not isinstance(found, Assessment):
            raise PluginError(f"plugin {self.tag} returned a {type(found).__name__}, not an Assessment")
        self._check_types(found)
        return found

    def _check_types(self, found: Assessment) -> None:
        """Structs do not check what they are made of: what is not spelled as it must be is found by reading it back."""
        try:
            _assessment.decode(assessment_bytes(found))
        except (msgspec.MsgspecError, TypeError, ValueError, RecursionError, OverflowError) as error:
            raise PluginError(
                f"plugin {self.tag} returned what no assessment may hold: {error}", code="invalid-assessment",
                field="activity", rule="the types and limits of an Assessment",
            ) from error


    def method_tags(self) -> list[str]:
        """How its chain methods are asked for: sector.method/version."""
        return [f"{self.sector.name}.{name}/{one.version}" for name, one in sorted(self.sector.methods.items())]

    def footprint(self, method: str, chain: "networkx.DiGraph[str]", lot: str) -> ChainFigure:
        """What the chain method of that name makes of the node `lot`. Raises KeyError where the sector has none of that
        name; PluginError, which names plugin and method, for whatever goes wrong in the plugin."""
        found = self.sector.methods[method]
        name = f"{self.sector.name}.{method}/{found.version} of plugin {self.tag}"
        try:
            with localcontext(CONTEXT):
                figure: object = found.footprint(chain, lot)
        except PluginError as error:
            raise PluginError(f"chain method {name}: {error.message}", code=error.code, field=error.field,
                              value=error.value, rule=error.rule) from error
        except Exception as error:
            raise PluginError(
                f"chain method {name} failed on lot {lot!r}: {type(error).__name__}: {words_of(error)}", field="method",
                rule="the plugin makes a figure of the chain without an error",
            ) from error
        return checked(figure, name)


class Registry:
    """The installed sectors by name."""

    def __init__(self, installed: Iterable[Installed] = ()) -> None:
        self.sectors: Mapping[str, Installed] = {one.sector.name: one for one in installed}

    def sector(self, name: str) -> Installed | None:
        return self.sectors.get(name)


def plugin_names() -> list[str]:
    """Of what is installed, in the order in which it is loaded."""
    return [point.name for point in _points()]


def installed(beginning: Callable[[int], None] = lambda _: None) -> Registry:
    """Loads every plugin that is installed, into this process. `beginning` is called before each with its number, from
    1. Raises ConfigurationError that names the one which cannot be loaded."""
    found = []
    for number, point in enumerate(_points(), start=1):
        beginning(number)
        found.append(_load(point))
    names = [one.sector.name for one in found]
    for name in names:
        if names.count(name) > 1:
            raise ConfigurationError(f"two installed plugins are called {name!r}: uninstall one of them")
    return Registry(found)


def _points() -> list[EntryPoint]:
    return sorted(entry_points(group=GROUP), key=lambda point: point.name)


def _load(point: EntryPoint) -> Installed:
    try:
        sector = point.load()()
    except (Exception, SystemExit) as error:
        raise ConfigurationError(f"plugin {point.name} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(sector, Sector) or sector.name != point.name:
        raise ConfigurationError(f"plugin {point.name}: {point.value} does not return a Sector of that name")
    package = point.module.partition(".")[0]
    return Installed(sector, digest_of(package), point.dist.name if point.dist else package, package)


def digest_of(package: str) -> str:
    """Hex SHA-256 over the sorted `path sha256` lines of a package's .py and .csv files, and of the SDK's.

    The SDK computes parts of every assessment. A plugin that is a single module counts as that one file.
    """
    lines = sorted([*_lines(package), *_lines(_SDK)])
    return hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()


def _lines(package: str) -> Iterable[str]:
    spec = find_spec(package)
    if spec is not None and spec.submodule_search_locations is None and spec.origin is not None:
        path = Path(spec.origin)
        return [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}"]
    found = _walk(files(package), "")
    return [f"{package}/{path} {hashlib.sha256(file.read_bytes()).hexdigest()}" for path, file in found]


def _walk(folder: Traversable, path: str) -> Iterable[tuple[str, Traversable]]:
    for child in folder.iterdir():
        if child.is_dir() and child.name != "__pycache__":
            yield from _walk(child, f"{path}{child.name}/")
        elif child.name.endswith((".py", ".csv")):
            yield path + child.name, child


@cache
def _decoder(activity: type[Activity]) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(activity)


def decode_activity(raw: bytes, activity: type[Activity]) -> Activity:
    """The typed activity; raises InvalidBody that names the field below `activity`."""
    try:
        decoded: Activity = _decoder(activity).decode(raw)
        return decoded
    except msgspec.ValidationError as error:
        raise explain_schema(str(error), msgspec.json.decode(raw), "activity") from None
