"""Networks of records on a ledger in memory, and the book that follows them in exact fractions."""

import random
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple, Protocol

from msgspec import Raw

from ledger.core.outcome.assessment import QUESTIONED
from ledger.core.outcome.leaves import read
from ledger.core.record.kinds import Closing, Declaration, Transformation
from ledger.core.record.values import Supply
from support.exact import Book, direct_of
from support.generator import generate, parties
from support.memory import MemoryLedger
from support.sectors import MAKE, registry


def network(
    seed: int, size: int, organizations: int | None = None, source: random.Random | None = None
) -> MemoryLedger:
    """A ledger that holds a whole generated network; raises where a record is refused."""
    memory = MemoryLedger(registry(), seed=seed)
    memory.admit(parties(seed, size, organizations))
    memory.must(*generate(seed, size, organizations, source=source))
    return memory


def book_of(memory: MemoryLedger, *, figures: bool = True) -> Book:
    """Follows the ledger's records; raises ValueError where they break balances or order."""
    book = Book(figures=figures)
    for record, digest in zip(memory.records, memory.digests, strict=True):
        book.add(record, digest)
    return book


class Direct(Protocol):
    """What all records emit themselves."""

    @property
    def direct(self) -> Mapping[str, Fraction]: ...


class Emitted(NamedTuple):
    direct: Mapping[str, Fraction]


def emitted(memory: MemoryLedger) -> Emitted:
    """What all records emit themselves as they read now, in exact fractions: a closing by its overheads, and by the
    parts of its totals that fall on final records, which are in question too."""
    total: dict[str, Fraction] = {}
    declarations = {
        digest.hex(): record for record, digest in zip(memory.records, memory.digests, strict=True)
        if isinstance(record, Declaration)
    }
    staying = {index: [one.part for one in revision.unspread if one.part] for index, revision in memory.revisions}
    for index in range(len(memory.records)):
        record = memory.reading(index)
        found: Mapping[str, Fraction] = {}
        if isinstance(record, Closing):
            stays = staying.get(index, [])
            found = {**direct_of(_using(record, [*record.overheads, *stays]), declarations),
                     QUESTIONED: direct_of(_using(record, stays), declarations)["absGhg"]}
        elif record is not None:
            found = direct_of(record, declarations)
        for burden, amount in found.items():
            total[burden] = total.get(burden, Fraction(0)) + amount
    return Emitted(total)


def _using(closing: Closing, supplies: list[Supply]) -> Transformation:
    """A transformation that uses supplies in the period of a closing."""
    return Transformation(
        issuer=closing.issuer, nonce=closing.nonce, facility=closing.facility, start=closing.start, end=closing.end,
        process=MAKE, outputs=[], activity=Raw(b"{}"), supplies=supplies,
    )


def burden_errors(memory: MemoryLedger, book: Direct) -> Iterable[tuple[str, float, float, float]]:
    """For each burden: its name, what is left in lots and with records minus all that was direct, the sum of absolute
    amounts, and that which was direct."""
    kept: dict[str, float] = {}
    scale: dict[str, float] = {}
    for name in memory.figures:
        left = float(memory.left(name))
        for burden, amount in memory.burdens(name).items():
            kept[burden] = kept.get(burden, 0.0) + left * amount
            scale[burden] = scale.get(burden, 0.0) + abs(left * amount)
    for index in range(len(memory.records)):
        for burden, amount in memory.retained(index).items():
            kept[burden] = kept.get(burden, 0.0) + amount
            scale[burden] = scale.get(burden, 0.0) + abs(amount)
    for burden in {*kept, *book.direct}:
        direct = float(book.direct.get(burden, 0))
        yield burden, kept.get(burden, 0.0) - direct, scale.get(burden, 0.0) + abs(direct), direct


def content_errors(memory: MemoryLedger) -> Iterable[tuple[int, str, float, float]]:
    """For each record and content: in + declared + arisen - out - lost, and the sum of absolute amounts."""
    made: dict[int, list[str]] = {}
    for name, lot in memory.state.lots.items():
        made.setdefault(lot.index, []).append(name)
    for index in range(len(memory.records)):
        leaf = memory.assessment(index)
        if leaf is None:
            continue
        parts = [(memory.contents(name), part) for name, part in memory.taken_by(index)]
        parts += [(read(leaf.declared), 1.0), (read(leaf.arisen), 1.0), (read(leaf.lost), -1.0)]
        parts += [(memory.contents(name), -1.0) for name in made.get(index, ())]
        rest: dict[str, float] = {}
        scale: dict[str, float] = {}
        for contents, times in parts:
            for content, amount in contents.items():
                rest[content] = rest.get(content, 0.0) + times * amount
                scale[content] = scale.get(content, 0.0) + abs(times * amount)
        for content, error in rest.items():
            yield index, content, error, scale[content]
