"""The conformance kit for factor sets checks all versions of a set.

    def test_conforms() -> None:
        assert_set_conforms(factor_set())

Codes of faults:

    name, names, duplicate-name        the set's name; names in English and Chinese, each of one supply
    versions, empty                    each version once, with a name, another digest and at least one factor
    unit, conversion                   a Rec 20 unit that fits the kind; quantities in other units convert to it
    boundary, place, year              boundaries that fit the kind; known places; years from 1990 to now
    plausible, generation              amounts within wide bounds by kind; no generation row above its life cycle
    reference-range                    each material has a range, which holds the factor
    uncertainty                        a deviation or a pedigree
    source, recalled                   title, publisher and licence; unverified sources in less than 10 % of the rows
    supply, no-factor, class, hs       references between the tables; digits of HS codes
    heating-value                      each supply with combustion rows has a heating value
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from ledger.sdk.sets.checks import faults_of_version
from ledger.sdk.sets.factor_set import FactorSet
from ledger.sdk.testing.faults import ConformanceFault

_NAME: Final = re.compile("[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?")
_VERSION: Final = re.compile("[A-Za-z0-9][A-Za-z0-9._+-]{0,39}")
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")


def assert_set_conforms(factor_set: FactorSet) -> None:
    """Raises AssertionError with every fault that `check_factor_set` finds, one per line."""
    faults = check_factor_set(factor_set)
    if faults:
        raise AssertionError(f"{len(faults)} faults of set {factor_set.name}:\n" + "\n".join(map(str, faults)))


def check_factor_set(factor_set: FactorSet) -> list[ConformanceFault]:
    """Every fault of a set in all its versions; empty if it conforms."""
    faults = list(_faults_of_front(factor_set))
    latest_year = datetime.now(UTC).year
    for version in factor_set.versions:
        for fault in faults_of_version(version, latest_year):
            where = f"{version.tag}:{fault.row}" if fault.row else version.tag
            faults.append(ConformanceFault(fault.code, where, str(fault)))
    return faults


def _faults_of_front(factor_set: FactorSet) -> Iterator[ConformanceFault]:
    name = factor_set.name
    if not _NAME.fullmatch(name):
        yield ConformanceFault("name", name, f"name is {name!r}: it must be at most 40 lower-case letters, digits and "
                               "hyphens; it starts with a letter and ends without a hyphen")
    if not factor_set.en or factor_set.en == name or _CHINESE.search(factor_set.en):
        yield ConformanceFault("names", name, f"en is {factor_set.en!r}: it must be an English name")
    if not _CHINESE.search(factor_set.zh):
        yield ConformanceFault("names", name, f"zh is {factor_set.zh!r}: it must be a Chinese name")
    if not factor_set.versions:
        yield ConformanceFault("versions", name, "has no version: add one")
    for version in factor_set.versions:
        if version.name != name or not _VERSION.fullmatch(version.version):
            yield ConformanceFault("versions", name, f"version is {version.tag!r}: it must be {name}@ and at most 40 "
                                   "letters, digits, dots, hyphens, underscores and plus signs")
    for field in ("version", "digest"):
        for value, count in Counter(getattr(version, field) for version in factor_set.versions).items():
            if count > 1:
                yield ConformanceFault("versions", name, f"{field} is {value!r} in {count} versions: it must be in one")
