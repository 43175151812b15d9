"""Reads the files of a factor set: `supplies-*.csv`, `factors-*.csv` and `sources-*.csv` of a folder per version.

Lists in a cell are separated by `;`. Every fault is collected, so that an author sees all of them at once.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final, NamedTuple, TypeVar, cast

from ledger.core.record.amounts import CONTEXT
from ledger.core.record.units import UNITS
from ledger.errors import PluginError
from ledger.footprint.stored.gwp import AR6
from ledger.sdk.sets.factor_set import (
    SET_BOUNDARIES,
    SUPPLY_KINDS,
    FactorSet,
    FactorSetVersion,
    FactorSource,
    FactorTables,
    Gases,
    SetFactor,
    SupplyClass,
    SupplyEntry,
)

FORMAT: Final = "factor-set/1"
"""The digest covers it: another reading of the same files needs another name."""
SUPPLY_COLUMNS: Final = (
    "key", "kind", "unit", "en", "zh", "synonyms", "aliases", "density", "heating_value", "hs", "class",
)
"""The table may also have `de`."""
CLASS_COLUMNS: Final = ("class", "words", "en", "zh")
FACTOR_COLUMNS: Final = (
    "key", "boundary", "place", "year", "gases", "potentials", "low", "high", "deviation", "pedigree", "status",
    "source", "locator", "note",
)
DIGEST_FILE: Final = "digest.txt"
"""States the digest of a released version in its folder, which is refused with other tables."""
SOURCE_COLUMNS: Final = ("id", "title", "publisher", "year", "licence", "url")
_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9]{0,63}")
_PLACE: Final = re.compile(r"\*|[A-Z]{2,3}|[A-Z]{2}-[A-Z0-9]{1,3}|[A-Z]{2}-GRID-[A-Za-z0-9]+")
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}(?:\.[0-9]{1,12})?")
_POTENTIALS: Final = ("AR4", "AR5", "AR6")
_LARGEST_DEVIATION: Final = 1000
_SCORES: Final = 5
_SHOWN: Final = 20
Row = Mapping[str, str]
Value = TypeVar("Value")


class Fault(NamedTuple):
    """A fault in line `line` (from 1, the header) of `file`; 0 stands for all lines."""

    file: str
    line: int
    field: str
    value: str
    rule: str

    def __str__(self) -> str:
        where = f"{self.file} line {self.line}" if self.line else self.file
        return f"{where}: {self.field} is {self.value!r}: it must be {self.rule}"


class _Cells:
    """The cells of one line, with the faults found in them."""

    def __init__(self, file: str, line: int, row: Row, faults: list[Fault]) -> None:
        self._place = (file, line)
        self._row = row
        self._faults = faults

    def fault(self, field: str, rule: str, value: str | None = None) -> None:
        self._faults.append(Fault(*self._place, field, self.text(field) if value is None else value, rule))

    def text(self, field: str) -> str:
        return (self._row.get(field) or "").strip()

    def needed(self, field: str) -> str:
        text = self.text(field)
        if not text:
            self.fault(field, "filled in")
        return text

    def of(self, field: str, allowed: Iterable[str]) -> str:
        text, members = self.text(field), tuple(allowed)
        if text not in members:
            self.fault(field, "one of " + " ".join(members))
        return text

    def match(self, field: str, pattern: re.Pattern[str], rule: str) -> str:
        text = self.text(field)
        if not pattern.fullmatch(text):
            self.fault(field, rule)
        return text

    def parts(self, field: str) -> tuple[str, ...]:
        return tuple([part for part in (one.strip() for one in self.text(field).split(";")) if part])

    def number(self, field: str, *, low: Decimal | None = None) -> Decimal | None:
        text = self.text(field)
        if not text:
            return None
        if not _NUMBER.fullmatch(text):
            self.fault(field, "a plain decimal number")
            return None
        number = Decimal(text)
        if low is not None and number <= low:
            self.fault(field, f"above {low}")
        return number

    def year(self) -> int:
        text = self.text("year")
        if not (text.isdecimal() and text.isascii() and 1900 <= int(text) <= 2200):
            self.fault("year", "a year from 1900 to 2200")
            return 0
        return int(text)


def read_factor_set(
    name: str, package: str, folders: Mapping[str, str], *, en: str, zh: str, shared: bool = False
) -> FactorSet:
    """The set `name` from folders of `package`, by version, oldest first. `shared`: servers give its tables to
    everybody. Raises PluginError with all faults, a line each, at most 20."""
    versions = [read_version(name, version, files(package).joinpath(folder)) for version, folder in folders.items()]
    return FactorSet(name, en, zh, tuple(versions), shared)


def read_version(name: str, version: str, folder: Traversable) -> FactorSetVersion:
    """One version from its folder. Raises PluginError with all faults, a line each, at most 20; and if the folder
    states the digest of a released version, and its tables have another one."""
    read, stated = parse_version(name, version, _texts_in(folder)), folder.joinpath(DIGEST_FILE)
    if stated.is_file() and stated.read_text(encoding="utf-8").strip() != read.digest:
        raise PluginError(
            f"factor set {name}@{version} has changed: its tables have the digest {read.digest}, but its {DIGEST_FILE} "
            f"states {stated.read_text(encoding='utf-8').strip()[:80]}", code="version-changed", field="version",
            value=version, rule="a released version never changes: restore its tables, and add the others as a new "
            "version, as `carbon-ledger factors import` does",
        )
    return read


def _texts_in(folder: Traversable) -> Mapping[str, bytes]:
    return {
        file.name: file.read_bytes() for file in sorted(folder.iterdir(), key=lambda one: one.name)
        if file.name.endswith(".csv")
    }


def parse_version(name: str, version: str, texts: Mapping[str, bytes]) -> FactorSetVersion:
    """One version from the bytes of its files, by name. Raises PluginError with all faults, a line each, at most 20."""
    tables, faults = parse_tables(texts)
    if faults:
        shown = "\n".join([str(fault) for fault in faults[:_SHOWN]])
        rest = f"\nand {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
        raise PluginError(f"factor set {name}@{version}:\n{shown}{rest}", code="invalid-factors",
                          field=faults[0].field, value=faults[0].value, rule=faults[0].rule)
    return FactorSetVersion(name, version, digest_of_files(texts), tables, texts)


def parse_tables(texts: Mapping[str, bytes]) -> tuple[FactorTables, list[Fault]]:
    """The rows without a fault, and all faults. References from and to rows with a fault are checked too."""
    faults: list[Fault] = []
    sources = list(_all(texts, "sources", SOURCE_COLUMNS, _source, faults))
    supplies = list(_all(texts, "supplies", SUPPLY_COLUMNS, _supply, faults))
    factors = list(_all(texts, "factors", FACTOR_COLUMNS, _factor, faults))
    classes = list(_all(texts, "classes", CLASS_COLUMNS, _class, faults))
    _check_references(_Placed(supplies, factors, sources, classes), faults)
    faulty = {(fault.file, fault.line) for fault in faults}
    return FactorTables(
        [entry for place, entry in supplies if place not in faulty],
        [factor for place, factor in factors if place not in faulty],
        [source for place, source in sources if place not in faulty],
        [group for place, group in classes if place not in faulty],
    ), faults


def digest_of_files(texts: Mapping[str, bytes]) -> str:
    """Hex SHA-256 over the format's name and the sorted lines `file sha256`."""
    lines = sorted([f"{file} {hashlib.sha256(data).hexdigest()}\n" for file, data in texts.items()])
    return hashlib.sha256((f"{FORMAT}\n" + "".join(lines)).encode()).hexdigest()


def digest_of_folder(folder: Traversable) -> str:
    """The digest of the version in a folder."""
    return digest_of_files(_texts_in(folder))


Placed = tuple[tuple[str, int], Value]
"""A parsed line with its file and number."""


def _all(
    texts: Mapping[str, bytes], prefix: str, columns: tuple[str, ...], parse: Callable[[_Cells], Value],
    faults: list[Fault],
) -> Iterator[Placed[Value]]:
    for file, data in texts.items():
        if file != f"{prefix}.csv" and not file.startswith(f"{prefix}-"):
            continue
        for line, row in _rows(file, data, columns, faults):
            yield (file, line), parse(_Cells(file, line, row, faults))


def _rows(
    file: str, data: bytes, columns: tuple[str, ...], faults: list[Fault]
) -> Iterator[tuple[int, Row]]:
    """The rows of a file with their lines; a row of several lines has the number of its last one."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        faults.append(Fault(file, line, "encoding", f"byte 0x{data[error.start]:02x}", "UTF-8"))
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        header = list(reader.fieldnames or ())
        missing = [column for column in columns if column not in header]
        if missing:
            faults.append(Fault(file, 1, "header", ",".join(header), "with " + ",".join(missing)))
            return
        for row in reader:
            if None in row:
                faults.append(Fault(file, reader.line_num, "line", ",".join(row[None]),
                                    f"of {len(header)} cells: quote a cell that has a comma"))
            else:
                yield reader.line_num, cast(Row, row)
    except csv.Error as error:
        rule = "CSV with commas and double quotation marks"
        faults.append(Fault(file, reader.line_num + 1, "line", str(error), rule))


def _source(cells: _Cells) -> FactorSource:
    return FactorSource(
        id=cells.needed("id"), title=cells.needed("title"), publisher=cells.needed("publisher"), year=cells.year(),
        licence=cells.needed("licence"), url=cells.text("url"),
    )


def _supply(cells: _Cells) -> SupplyEntry:
    key = cells.match("key", _KEY, "a short ASCII name of letters and digits")
    aliases = cells.parts("aliases")
    for alias in aliases:
        if not _KEY.fullmatch(alias):
            cells.fault("aliases", "short ASCII names of letters and digits", alias)
    zero = Decimal(0)
    return SupplyEntry(
        key=key, kind=cast(Any, cells.of("kind", SUPPLY_KINDS)), unit=cells.of("unit", UNITS),
        en=cells.needed("en"), zh=cells.needed("zh"), de=cells.parts("de"), synonyms=cells.parts("synonyms"),
        aliases=aliases,
        density=cells.number("density", low=zero), heating_value=cells.number("heating_value", low=zero),
        hs=cells.parts("hs"), group=cells.text("class"),
    )


def _class(cells: _Cells) -> SupplyClass:
    return SupplyClass(
        id=cells.match("class", _KEY, "a short ASCII name of letters and digits"), words=cells.parts("words"),
        en=cells.needed("en"), zh=cells.needed("zh"),
    )


def _factor(cells: _Cells) -> SetFactor:
    factor = SetFactor(
        key=cells.needed("key"), boundary=cast(Any, cells.of("boundary", SET_BOUNDARIES)),
        place=cells.match("place", _PLACE, "an ISO 3166 code, a grid region, a continent, EU or *"),
        year=cells.year(), gases=_gases(cells), potentials=cells.text("potentials") or None,
        low=cells.number("low"), high=cells.number("high"), deviation=cells.number("deviation"),
        pedigree=_pedigree(cells), status=cast(Any, cells.of("status", ("read", "recalled"))),
        source=cells.needed("source"), locator=cells.text("locator"), note=cells.text("note"),
    )
    _check_range(cells, factor)
    return factor


def _gases(cells: _Cells) -> Gases:
    gases: list[tuple[str, Decimal]] = []
    for part in cells.parts("gases"):
        gas, _, text = part.partition(" ")
        if gas not in AR6:
            cells.fault("gases", "pairs `GAS VALUE` with a gas of: " + " ".join(sorted(AR6)), part)
        elif not _NUMBER.fullmatch(text) or text.startswith("-"):
            cells.fault("gases", "pairs `GAS VALUE` with a plain decimal number of at least zero", part)
        elif gas in [name for name, _ in gases]:
            cells.fault("gases", "each gas once", part)
        else:
            gases.append((gas, Decimal(text)))
    if not cells.parts("gases"):
        cells.fault("gases", "filled in")
    if len(gases) > 1 and "CO2e" in [gas for gas, _ in gases]:
        cells.fault("gases", "either CO2e alone, or gases")
    return tuple(gases)


def _pedigree(cells: _Cells) -> tuple[int, ...] | None:
    text = cells.text("pedigree")
    if not text:
        return None
    scores = text.split()
    if len(scores) != _SCORES or any(score not in "12345" or len(score) != 1 for score in scores):
        cells.fault("pedigree", "five scores from 1 (best) to 5, separated by spaces")
        return None
    return tuple([int(score) for score in scores])


def _check_range(cells: _Cells, factor: SetFactor) -> None:
    if factor.potentials is not None and factor.potentials not in _POTENTIALS:
        cells.fault("potentials", "empty, or one of " + " ".join(_POTENTIALS))
    if not cells.text("deviation") and not cells.text("pedigree"):
        cells.fault("deviation", "filled in, or the pedigree: every factor has an uncertainty")
    if factor.deviation is not None and not 1 < factor.deviation < _LARGEST_DEVIATION:
        cells.fault("deviation", "a geometric standard deviation above 1 and below 1000")
    if (factor.low is None) != (factor.high is None):
        cells.fault("high" if factor.high is None else "low", "given together with the other end of the range")
    elif factor.low is not None and factor.high is not None:
        value = co2e_of(factor.gases)
        if not factor.low <= value <= factor.high:
            cells.fault("low", f"a range that holds the factor's {value} kg CO2e", f"{factor.low} to {factor.high}")


def co2e_of(gases: Gases) -> Decimal:
    """Kg CO2e of amounts by gas, with the potentials of AR6."""
    total = Decimal(0)
    for gas, amount in gases:
        total = CONTEXT.add(total, CONTEXT.multiply(amount, AR6[gas]))
    return total


class _Placed(NamedTuple):
    supplies: list[Placed[SupplyEntry]]
    factors: list[Placed[SetFactor]]
    sources: list[Placed[FactorSource]]
    classes: list[Placed[SupplyClass]]


def _check_references(placed: _Placed, faults: list[Fault]) -> None:
    supplies, factors, sources, classes = placed
    keys: dict[str, str] = {}
    groups = {one.id for _, one in classes}
    for (file, line), entry in supplies:
        for name in (entry.key, *entry.aliases):
            if name in keys:
                faults.append(Fault(file, line, "key" if name == entry.key else "aliases", name,
                                    f"the name of one supply: {keys[name]} has it"))
            keys[name] = entry.key
        if entry.group and entry.group not in groups:
            faults.append(Fault(file, line, "class", entry.group, "a class of classes.csv"))
    named = {entry.key for _, entry in supplies}
    known = {source.id for _, source in sources}
    _once([(place, source.id) for place, source in sources], "id", faults)
    _once([(place, one.id) for place, one in classes], "class", faults)
    _once([(place, factor.row) for place, factor in factors if factor.year], "row", faults)
    for (file, line), factor in factors:
        if factor.key and factor.key not in named:
            faults.append(Fault(file, line, "key", factor.key, "a key of the supplies"))
        if factor.source and factor.source not in known:
            faults.append(Fault(file, line, "source", factor.source, "an id of the sources"))


def _once(names: Iterable[tuple[tuple[str, int], str]], field: str, faults: list[Fault]) -> None:
    seen: set[str] = set()
    for (file, line), name in names:
        if name and name in seen:
            faults.append(Fault(file, line, field, name, "there once"))
        seen.add(name)
