"""Draws a sample of records for a verifier (ISO 14064-3) from the log and a seed alone: everybody draws the same
sample.

The population is the set of a facility's transformations whose period begins within the requested period, as they read
at the checkpoint's size, without withdrawn records. Every random number is SHA-256 over

    carbon-ledger/sample/v1 LF origin LF size LF root LF facility LF start LF end LF seed LF purpose

(root in hex) read as an integer. If the seed is chosen after the checkpoint, neither side knows it beforehand.

- `random`, without replacement: the K records with the least numbers; `purpose` is the record's digest in hex.
- `monetary`, by weight: a record's weight is the amount of the emissions of its own assessment, removals too, in whole
  milligrams of CO2e. The records stand on a line in log order, and each takes a length equal to its weight. The line is
  cut into K equal steps. One point is taken in each step, at the same place, which the number for `purpose` = `start`
  chooses. A record as heavy as a step is always drawn, a record without weight never. A record that is hit several
  times is drawn once.
- `findings`: the K records that deserve attention first: by the kg CO2e that a record questions itself, then records
  with a warning, then the others; equal ones by the least numbers, as in `random`.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from ledger.core.record.values import Evidence, Supply
from ledger.errors import InvalidInput
from ledger.footprint.derived.findings import WARNING, StatedFinding

Method = Literal["random", "monetary", "findings"]
NAMESPACE: Final = "carbon-ledger/sample/v1"
MAX_SIZE: Final = 10_000
_SPACE: Final = 1 << 256
_MILLIGRAMS: Final = Decimal(10) ** 6


class SampleRequest(Struct, frozen=True, rename="camel"):
    """The requested sample: `size` records of a facility whose period begins at `start` or later, and before `end`."""

    facility: str
    start: str
    end: str
    seed: str
    size: int = 25
    method: Method = "random"


class SampleBasis(Struct, frozen=True):
    """The log that the sample is drawn from: its origin, and the size and root (hex) of its checkpoint."""

    origin: str
    size: int
    root: str


class PopulationMember(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A record of the population, as it reads now. `emissions` is the amount of the emissions of its own assessment, in
    kg CO2e, removals too. `revised_by` are the entries that changed it. `signed_by` is the keyid, in hex like `entry`.
    `erased` says that an erasure on the log has removed its evidence. `questioned` is the kg CO2e that its `findings`
    question."""

    index: int
    digest: str
    time: int
    issuer: str
    process: str
    start: str
    end: str
    basis: str
    emissions: float
    lots: list[str]
    supplies: list[Supply]
    evidence: list[Evidence]
    plugin: str | None
    signed_by: str
    entry: str
    revised_by: list[int] = []
    erased: bool = False
    questioned: float = 0.0
    findings: list[StatedFinding] = []


def draw(question: SampleRequest, basis: SampleBasis, population: Sequence[PopulationMember]) -> list[PopulationMember]:
    """The sample, in log order; `population` is in log order."""
    if not 1 <= question.size <= MAX_SIZE:
        raise InvalidInput(f"a sample of {question.size} records is out of range", field="size", value=question.size,
                           rule=f"1 to {MAX_SIZE} records")
    if question.method == "random":
        ranked = sorted(population, key=lambda one: number(question, basis, one.digest))
        return sorted(ranked[: question.size], key=lambda one: one.index)
    if question.method == "findings":
        return _doubtful(question, basis, population)
    return _monetary(question, basis, population)


def number(question: SampleRequest, basis: SampleBasis, purpose: str) -> int:
    """The random number of 256 bits for a purpose."""
    parts = (
        NAMESPACE, basis.origin, str(basis.size), basis.root, question.facility, question.start, question.end,
        question.seed, purpose,
    )
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest(), "big")


def weight(member: PopulationMember) -> int:
    """The weight of a record: whole milligrams of CO2e, rounded down."""
    return int(Decimal(repr(member.emissions)) * _MILLIGRAMS)


def _doubtful(
    question: SampleRequest, basis: SampleBasis, population: Sequence[PopulationMember]
) -> list[PopulationMember]:
    def rank(member: PopulationMember) -> tuple[float, bool, int]:
        warned = any(finding.severity == WARNING for finding in member.findings)
        return -member.questioned, not warned, number(question, basis, member.digest)

    return sorted(sorted(population, key=rank)[: question.size], key=lambda member: member.index)


def _monetary(
    question: SampleRequest, basis: SampleBasis, population: Sequence[PopulationMember]
) -> list[PopulationMember]:
    """Point k lies at (k + number / 2^256) * total / size. All values are integers, so that nothing is rounded."""
    total = sum([weight(member) for member in population])
    place = number(question, basis, "start")
    drawn, before, point = [], 0, 0
    for member in population:
        before += weight(member)
        hit = False
        while point < question.size and (point * _SPACE + place) * total < before * question.size * _SPACE:
            hit, point = True, point + 1
        if hit:
            drawn.append(member)
    return drawn


def totals(members: Sequence[PopulationMember]) -> Mapping[str, float]:
    """The number of records, and the sum of their emissions in kg CO2e."""
    return {"records": len(members), "emissions": float(Decimal(sum([weight(one) for one in members])) / _MILLIGRAMS)}
