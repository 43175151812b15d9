"""Lots as a caller may see them: the figures of a lot that it received, but not where and how the lot was made."""

from collections.abc import Mapping, Sequence, Set
from typing import Final, NamedTuple, TypeVar

from msgspec import structs

from ledger.access.policy import Level, RecordConcerns, lot_level, record_level
from ledger.answers.stored import LotAnswer
from ledger.footprint.derived.chain.delivered_findings import of_lot
from ledger.footprint.derived.findings import ListedFinding
from ledger.service.access.facts import lots_of, made_facts, organizations_of, record_facts
from ledger.service.access.granted import GrantedRecords
from ledger.service.access.sight import Sight
from ledger.service.queries.chain.delivered import HiddenLots, read_delivered
from ledger.service.queries.tree_size import as_of_size
from ledger.store.database import DatabasePool

AnyLot = TypeVar("AnyLot", bound=LotAnswer)
_DIGEST: Final = 64
"""The hex digits of a digest."""


class LotContext(NamedTuple):
    """`full`: the records that the caller sees in full, by log index. `operators`: of facilities. `lives`: digests of
    records that ended earlier lives, if the caller sees them. `findings`: behind lots of hidden records, by id."""

    full: Mapping[int, RecordConcerns]
    operators: Mapping[str, str]
    lives: frozenset[str]
    findings: Mapping[str, Sequence[ListedFinding]]


async def show_lots(
    pool: DatabasePool, sight: Sight, lots: Sequence[AnyLot], at: int | None = None
) -> list[AnyLot]:
    """The lots, as of the tree of `at` entries, without the parts that the caller may not see. It sees at least the
    figures of each lot."""
    if sight.whole or all(_nothing_hidden(lot, sight) for lot in lots):
        return list(lots)
    full = await _in_full(pool, sight, {lot.index for lot in lots})
    operators = await _operators(pool, sight, {lot.facility for lot in lots if lot.facility is not None})
    lives = await _ends_of_lives(pool, sight, {lot.previous_life for lot in lots if lot.previous_life is not None})
    behind = [lot for lot in lots if lot.index not in full]
    findings = await read_delivered(
        pool, HiddenLots({lot.index for lot in behind}, ids=[lot.lot for lot in behind]), await as_of_size(pool, at))
    context = LotContext(full, operators, lives, {
        name: of_lot(findings.by_lot[number]) for name, number in findings.numbers.items()
        if number in findings.by_lot})
    return [_shown(lot, sight, context) for lot in lots]


def _nothing_hidden(lot: LotAnswer, sight: Sight) -> bool:
    """Whether a lot that the gate has looked up is all of the caller's own, as most lots are that somebody asks for."""
    for named in sight.named:
        if named.record.log_index == lot.index:
            break
    else:
        return False
    if lot.previous_life is not None or not (sight.of_own(named.record.issuer) and sight.of_own(lot.holder)):
        return False
    if lot.facility is None:
        return True
    return named.facility == lot.facility and named.operator is not None and sight.of_own(named.operator)


async def _in_full(pool: DatabasePool, sight: Sight, indexes: Set[int]) -> dict[int, RecordConcerns]:
    """The records among these that the caller sees in full. The gate has read the makers of named lots, and a caller
    sees all records of its own."""
    makers = {lot.record.log_index: lot.record for lot in sight.named}
    full = {index: makers[index] for index in indexes & makers.keys() if sight.of_own(makers[index].issuer)}
    more = indexes - full.keys()
    records = await made_facts(pool, more) if more else []
    return full | {one.log_index: one for one in records if record_level(sight.rights, one) == Level.FULL}


async def _operators(pool: DatabasePool, sight: Sight, facilities: Set[str]) -> dict[str, str]:
    """The organisations that run these facilities. The gate has read them for the named lots."""
    operators = {lot.facility: lot.operator for lot in sight.named
                 if lot.facility is not None and lot.operator is not None}
    more = sorted(facilities - operators.keys())
    return operators | await organizations_of(pool, more) if more else operators


async def _ends_of_lives(pool: DatabasePool, sight: Sight, lives: Set[str]) -> frozenset[str]:
    """The digests among these texts, if they are of records that the caller sees. Other texts are estimates of an age
    in years."""
    digests = sorted([life for life in lives if len(life) == _DIGEST])
    if not digests:
        return frozenset()
    records = await record_facts(pool, [bytes.fromhex(digest) for digest in digests])
    granted = GrantedRecords(pool, sight.rights)
    return frozenset([
        digest for digest, facts in records.items() if record_level(sight.rights, facts) > Level.NOTHING
        or await granted.covers(facts.log_index, facts.type, facts.issuer)])


async def visible_lots(pool: DatabasePool, sight: Sight, names: Sequence[str]) -> frozenset[str]:
    """The lots with these ids of which the caller sees at least the figures."""
    levels = await lot_levels(pool, sight, names)
    return frozenset([name for name, level in levels.items() if level > Level.NOTHING])


async def lot_levels(pool: DatabasePool, sight: Sight, names: Sequence[str]) -> dict[str, Level]:
    """How much the caller sees of each of the lots with these ids."""
    if sight.whole or not names:
        return dict.fromkeys(names, Level.FULL)
    facts = await lots_of(pool, names)
    return {name: lot_level(sight.rights, facts[name]) if name in facts else Level.NOTHING for name in names}


def _shown(lot: AnyLot, sight: Sight, context: LotContext) -> AnyLot:
    record = context.full.get(lot.index)
    issuer = None if record is None else record.issuer
    # The estimate of an age stands in the declaration of the core.
    aged = record is not None and record.type == "declaration"
    # Records of the holder give the stock of a lot, and records of its maker the facility and the process.
    stocked = _is_of(lot.holder, sight, issuer) or (lot.owner is not None and sight.of_own(lot.owner))
    operator = None if lot.facility is None else context.operators.get(lot.facility)
    made = operator is None and issuer is not None if lot.facility is None else (
        operator is not None and _is_of(operator, sight, issuer))
    shown = structs.replace(
        lot, remaining=lot.remaining if stocked else None, pool=lot.pool if stocked else None,
        facility=lot.facility if made else None, process=lot.process if made else None,
        previous_life=lot.previous_life if lot.previous_life in context.lives or aged else None,
    )
    if issuer is not None:
        return shown
    return structs.replace(shown, findings=list(context.findings.get(lot.lot, ())), sight="totals")


def _is_of(organization: str, sight: Sight, issuer: str | None) -> bool:
    return sight.of_own(organization) or organization == issuer
