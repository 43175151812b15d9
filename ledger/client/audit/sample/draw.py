"""A sample of records for a verifier (ISO 14064-3): drawn from the log and a seed alone, so that anyone draws the same.

The population are the transformations of a facility whose period begins within the one that is asked, as they read at
the checkpoint's size; withdrawn ones are left out. Every random number is SHA-256 over

    carbon-ledger/sample/v1 LF origin LF size LF root LF facility LF start LF end LF seed LF what

(root in hex) read as an integer. A seed that is chosen after the checkpoint is known to neither side beforehand.

- `random`, without replacement: the K records with the least numbers, `what` being the record's digest in hex.
- `monetary`, by weight: each record weighs the emissions of its own assessment by amount, removals too, in whole
  milligrams of CO2e. The records stand in log order on a line, as long as they weigh. The line is cut into K equal
  steps; in each the point at the same place is taken, which the number for `what` = `start` chooses. A record as heavy
  as a step is drawn for sure, one that weighs nothing never; one that is hit several times is drawn once.
"""

import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, Literal

from msgspec import Struct

from ledger.core.record.values import Evidence, Supply
from ledger.errors import InvalidInput

Method = Literal["random", "monetary"]
NAMESPACE: Final = "carbon-ledger/sample/v1"
MAX_SIZE: Final = 10_000
_SPACE: Final = 1 << 256
_MILLIGRAMS: Final = Decimal(10) ** 6


class SampleRequest(Struct, frozen=True, rename="camel"):
    """What is drawn: `size` records of a facility whose period begins at `start` or later, before `end`."""

    facility: str
    start: str
    end: str
    seed: str
    size: int = 25
    method: Method = "random"


class SampleBasis(Struct, frozen=True):
    """The log that is drawn from: its origin, and the size and root (hex) of its checkpoint."""

    origin: str
    size: int
    root: str


class PopulationMember(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A record of the population, as it reads now. `emissions`: kg CO2e of its own assessment, by amount, removals too.
    `revised_by` are the entries that changed it, `signed_by` is the key's id (hex), `entry` hex too. `erased`: its
    evidence is gone, by an erasure on the log."""

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


def draw(question: SampleRequest, basis: SampleBasis, population: Sequence[PopulationMember]) -> list[PopulationMember]:
    """The sample, in log order; `population` is in log order."""
    if not 1 <= question.size <= MAX_SIZE:
        raise InvalidInput(f"a sample of {question.size} records", field="size", value=question.size,
                           rule=f"1 to {MAX_SIZE} records")
    if question.method == "random":
        ranked = sorted(population, key=lambda one: number(question, basis, one.digest))
        return sorted(ranked[: question.size], key=lambda one: one.index)
    return _monetary(question, basis, population)


def number(question: SampleRequest, basis: SampleBasis, what: str) -> int:
    """The random number of 256 bits for a purpose."""
    parts = (
        NAMESPACE, basis.origin, str(basis.size), basis.root, question.facility, question.start, question.end,
        question.seed, what,
    )
    return int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest(), "big")


def weight(member: PopulationMember) -> int:
    """Whole milligrams of CO2e, rounded down."""
    return int(Decimal(repr(member.emissions)) * _MILLIGRAMS)


def _monetary(
    question: SampleRequest, basis: SampleBasis, population: Sequence[PopulationMember]
) -> list[PopulationMember]:
    """Point k lies at (k + number / 2^256) * total / size: all in integers, so that nothing is rounded."""
    total = sum([weight(one) for one in population])
    place = number(question, basis, "start")
    drawn, before, point = [], 0, 0
    for one in population:
        before += weight(one)
        hit = False
        while point < question.size and (point * _SPACE + place) * total < before * question.size * _SPACE:
            hit, point = True, point + 1
        if hit:
            drawn.append(one)
    return drawn


def totals(members: Sequence[PopulationMember]) -> Mapping[str, float]:
    """How many there are, and kg CO2e of them all."""
    return {"records": len(members), "emissions": float(Decimal(sum([weight(one) for one in members])) / _MILLIGRAMS)}
