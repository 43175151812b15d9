"""How much of a record, a lot or an organisation a caller sees, by its rights and by facts of the thing alone."""

from typing import Final

import pytest

from ledger.access.policy import DEPTHS, Level, LotConcerns, RecordConcerns, lot_level, record_level
from ledger.access.rights import HeldGrant, Rights
from ledger.core.record.kinds import Depth
from ledger.service.access.sight import Sight

TOLLED: Final = RecordConcerns(7, "transformation", "toller", owners=frozenset({"owner"}))
SENT: Final = RecordConcerns(8, "transfer", "mill", frozenset({"shop", "owner"}))


def rights(*own: str, grants: tuple[HeldGrant, ...] = ()) -> Rights:
    return Rights(own=frozenset(own), grants=grants)


@pytest.mark.parametrize(("facts", "who", "level"), [
    (TOLLED, "toller", Level.FULL), (TOLLED, "owner", Level.TOTALS), (TOLLED, "rival", Level.NOTHING),
    (SENT, "mill", Level.FULL), (SENT, "shop", Level.TOTALS), (SENT, "owner", Level.TOTALS),
    (SENT, "rival", Level.NOTHING),
])
def test_parties_and_owners_of_the_goods_see_totals(facts: RecordConcerns, who: str, level: Level) -> None:
    assert record_level(rights(who), facts) == level


def test_an_owner_sees_its_own_lots_of_a_record_and_no_others() -> None:
    facts = RecordConcerns(7, "transformation", "toller")
    own = LotConcerns(7 * 1024, "part", facts, frozenset({"toller", "owner"}))
    other = LotConcerns(7 * 1024 + 1, "slag", facts, frozenset({"toller"}))
    assert (lot_level(rights("owner"), own), lot_level(rights("owner"), other)) == (Level.TOTALS, Level.NOTHING)


@pytest.mark.parametrize(("depth", "level"), [
    ("totals", Level.TOTALS), ("stages", Level.STAGES), ("suppliers", Level.SUPPLIERS), ("full", Level.FULL)])
def test_a_grant_covers_the_records_of_its_grantor_alone(depth: Depth, level: Level) -> None:
    held = rights("auditor", grants=(HeldGrant(1, "owner", depth),))
    assert record_level(held, RecordConcerns(9, "transformation", "owner")) == level
    # The toller's record is not the owner's to grant.
    assert record_level(held, TOLLED) == Level.NOTHING


@pytest.mark.parametrize(("depth", "level"), [
    ("totals", Level.NOTHING), ("stages", Level.NOTHING), ("suppliers", Level.SUPPLIERS), ("full", Level.FULL)])
def test_figures_alone_show_nothing_that_names_others(depth: Depth, level: Level) -> None:
    """Whoever may see a product's figures does not learn the grantor's customers, or whose goods it works on."""
    held = rights("auditor", grants=(HeldGrant(1, "mill", depth, product="part"),))
    sent = SENT._replace(products=frozenset({"part"}))
    tolled = TOLLED._replace(issuer="mill", products=frozenset({"part"}))
    assert [record_level(held, facts) for facts in (sent, tolled)] == [level, level]
    made = RecordConcerns(7, "transformation", "mill", products=frozenset({"part"}))
    assert record_level(held, made) == DEPTHS[depth]
    assert lot_level(held, LotConcerns(7 * 1024, "part", made, frozenset({"mill", "owner"}))) == level
    assert lot_level(held, LotConcerns(7 * 1024, "part", made, frozenset({"mill"}))) == DEPTHS[depth]
    by_lot = rights("auditor", grants=(HeldGrant(1, "mill", depth, lot=8 * 1024),))
    assert record_level(by_lot, sent) == DEPTHS[depth]


def test_a_receiver_sees_the_stages_of_its_delivery_by_a_grant_of_the_product() -> None:
    sent = RecordConcerns(8, "transfer", "mill", frozenset({"shop"}), frozenset({"part"}))
    held = HeldGrant(1, "mill", "stages", product="part")
    assert record_level(rights("shop", grants=(held,)), sent) == Level.STAGES
    assert record_level(rights("shop", grants=(held,)), sent._replace(parties=SENT.parties)) == Level.TOTALS


@pytest.mark.parametrize(("start", "end", "level"), [
    ("2025-01-01T00:00:00Z", "2025-01-31T00:00:00Z", Level.FULL),
    ("2024-12-20T00:00:00Z", "2025-01-10T00:00:00Z", Level.NOTHING),
    ("2025-12-20T00:00:00Z", "2026-01-10T00:00:00Z", Level.NOTHING),
    (None, None, Level.NOTHING),
])
def test_a_grant_of_a_period_covers_the_records_that_lie_in_it(
    start: str | None, end: str | None, level: Level
) -> None:
    held = rights("auditor", grants=(HeldGrant(
        1, "mill", "full", since="2025-01-01T00:00:00Z", until="2026-01-01T00:00:00Z"),))
    assert record_level(held, RecordConcerns(9, "transformation", "mill", start=start, end=end)) == level


def test_a_lot_is_seen_as_deeply_beside_others_as_alone() -> None:
    own = LotConcerns(7 * 1024, "part", RecordConcerns(7, "transformation", "shop"), frozenset({"shop"}))
    sent = LotConcerns(8 * 1024, "part", SENT, frozenset({"shop"}))
    shop = rights("shop")
    together = Sight(shop, Level.TOTALS, (own, sent))
    assert [(one.level, one.named) for one in together.apart()] == [(Level.FULL, (own,)), (Level.TOTALS, (sent,))]
    assert Sight(shop).apart() == []
