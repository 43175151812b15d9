"""Cores and supplies name products that their issuer was shown; all others count as unknown, in the same words."""

from typing import Any, Final

import msgspec
import pytest
from unit.admission.world import (
    DEALER,
    END,
    FORGE,
    MILL,
    START,
    TREATER,
    Party,
    World,
    declaration,
    digest_of,
    flow,
    nonce,
    ore,
    output,
    product,
    quantity,
    trading,
    transfer,
    transformation,
)

from ledger.admission.plan import faults_of
from ledger.core.record.kinds import (
    AnyRecord,
    Closing,
    Grant,
    GrantRevocation,
    GrantScope,
    PassportPublication,
    Pool,
    PublicationEnd,
)
from ledger.core.record.values import PreviousLife, Supply

PUMP: Final = MILL.name("pump")
NEVER: Final = MILL.name("never")
"""The name of no product."""


def core(of: str = PUMP, lot: str = "core", amount: str = "1 H87", *, by: Party = DEALER, **fields: Any) -> AnyRecord:
    """The declaration of a used product, whose mass and materials its finder leaves to the product."""
    return declaration(by=by, basis="study", boundary="none", lot=output(
        lot, amount, "core", of=by, product=of, previous_life=PreviousLife(estimated_years="9"), **fields))


def bought(of: str = PUMP, lot: str = "made", *, by: Party = DEALER, **fields: Any) -> AnyRecord:
    """A record with a supply of the product."""
    return transformation([output(lot, "1 KGM", of=by)], [], [supplied(of)], by=by, **fields)


def supplied(of: str) -> Supply:
    return Supply(material="pumps", quantity=quantity("1 TNE"), product=of)


def published(by: Party = MILL, **fields: Any) -> PassportPublication:
    return PassportPublication(issuer=by.id, nonce=nonce(), **{"product": PUMP, **fields})


def granted(to: Party = DEALER, **fields: Any) -> Grant:
    return Grant(issuer=MILL.id, nonce=nonce(), **{
        "depth": "full", "until": "2031-01-01T00:00:00Z", "purpose": "repair", "grantee": to.id, **fields})


def pump() -> AnyRecord:
    """A product with facts to hide: a unit, a mass per unit, materials and an analysis."""
    return product("pump", "H87", mass_per_unit=quantity("12.5 KGM"), materials={"steel": "0.8", "copper": "0.2"},
                   elements={"Cu": "0.2"})


@pytest.fixture
def world() -> World:
    """The mill makes pumps."""
    prepared = trading()
    prepared.admit(pump())
    return prepared


def texts(world: World, record: AnyRecord, name: str, field: str) -> str:
    """All words of a refusal and of the list of all faults, without the name of the product."""
    error = world.refuse(record, "unknown-product", field, name)
    shown = [error.message, error.rule, error.stage, error.allowed, error.mend,
             *[[str(fault), fault.rule, fault.code, fault.field] for fault in faults_of(record, world.state)]]
    return repr(shown).replace(name, "PRODUCT")


@pytest.mark.parametrize("fields", [
    {}, {"amount": "5 KGM"}, {"amount": "1.5 H87"}, {"amount": "5 XYZ"}, {"mass": quantity("2 KGM")},
    {"materials": {"iron": "1"}, "mass": quantity("2 KGM")}, {"origin": "postConsumer"},
], ids=str)
def test_a_core_of_a_product_that_was_not_shown_is_refused_like_one_of_nothing(
    world: World, fields: dict[str, Any]
) -> None:
    """To the last word, whatever else is wrong with it: neither unit nor mass nor materials show."""
    assert len({texts(world, core(name, **fields), name, "lot.product") for name in (PUMP, NEVER)}) == 1


@pytest.mark.parametrize("fields", [{}, {"process": "works.nothing"}, {"start": END, "end": START}], ids=str)
def test_so_is_a_supply(world: World, fields: dict[str, Any]) -> None:
    """Its materials would be contents of what the record makes."""
    if "start" in fields:
        assert len({repr([str(one).replace(name, "PRODUCT") for one in faults_of(bought(name, **fields), world.state)])
                    for name in (PUMP, NEVER)}) == 1
        return
    assert len({texts(world, bought(name, **fields), name, "supplies[0].product") for name in (PUMP, NEVER)}) == 1


def test_every_field_with_supplies_is_checked(world: World) -> None:
    world.admit(transformation([output("own", of=DEALER)], [], [ore("1")], by=DEALER))
    sent = msgspec.structs.replace(transfer("own", "1", "sent", by=DEALER), to=MILL.id)
    closing = Closing(issuer=DEALER.id, nonce=nonce(), facility=DEALER.name("site"), start="2024-02-01T00:00:00Z",
                      end="2024-03-01T00:00:00Z")
    for record, field in ((sent, "transport"), (sent, "packaging"), (closing, "measured"), (closing, "overheads")):
        for name in (PUMP, NEVER):
            texts(world, msgspec.structs.replace(record, **{field: [supplied(name)]}), name, f"{field}[0].product")


@pytest.mark.parametrize("shown", [
    [published()], [published(), "ended"], [granted(scope=GrantScope(product=PUMP))], [granted()],
    [granted(), "revoked"], ["sent"],
], ids=lambda shown: " ".join(str(getattr(one, "product", one))[:30] for one in shown))
def test_who_was_shown_the_product_names_it(world: World, shown: list[Any]) -> None:
    """A publication, a grant of its record, or a lot of it; and what was shown stays shown."""
    for name in (core(), bought()):
        texts(world, name, PUMP, "lot.product" if name.__class__.__name__ == "Declaration" else "supplies[0].product")
    for one in shown:
        if one == "ended":
            one = PublicationEnd(issuer=MILL.id, nonce=nonce(), publication=digest_of(shown[0]))
        elif one == "revoked":
            one = GrantRevocation(issuer=MILL.id, nonce=nonce(), grant=digest_of(shown[0]))
        elif one == "sent":
            made = transformation([output("pump-1", "2 H87", product="pump")], [], [ore("1")])
            one = transfer("pump-1", "1 H87", "pump-sent", to=DEALER)
            world.admit(made)
        world.admit(one)
    world.admit(core(), bought())
    assert world.state.lots[DEALER.name("core")].mass == quantity("12.5 KGM").amount


@pytest.mark.parametrize("fields", [
    {"grantee": TREATER.id}, {"depth": "suppliers"}, {"scope": GrantScope(product=MILL.name("gear"))},
    {"scope": GrantScope(start=START)}, {"scope": GrantScope(lot=MILL.name("cast"))},
    {"grantee": None, "link": "ab" * 32},
], ids=str)
def test_another_grant_shows_nothing(world: World, fields: dict[str, Any]) -> None:
    world.admit(granted(**fields))
    texts(world, core(), PUMP, "lot.product")


def test_a_published_lot_shows_no_product(world: World) -> None:
    world.admit(transformation([output("pump-1", "2 H87", product="pump")], [], [ore("1")]),
                published(product=None, lot=MILL.name("pump-1")))
    texts(world, core(), PUMP, "lot.product")


def test_another_buyer_is_no_buyer(world: World) -> None:
    world.admit(transformation([output("pump-1", "2 H87", product="pump")], [], [ore("1")]),
                transfer("pump-1", "1 H87", "pump-sent", to=FORGE))
    texts(world, core(), PUMP, "lot.product")
    world.admit(core(by=FORGE))


def test_the_owner_of_tolled_goods_was_shown_them(world: World) -> None:
    """Without receiving them: the toller makes its own product of the owner's goods."""
    world.admit(transfer("cast", "1", "given", to=TREATER, purpose="custody"))
    made = transformation([output("done", "1", of=TREATER, owner=MILL.id)], [flow("given", "1")], [], by=TREATER)
    texts(world, core(TREATER.name("steel"), "back", "1", by=MILL), TREATER.name("steel"), "lot.product")
    world.admit(made, core(TREATER.name("steel"), "back", "1", by=MILL))


def test_a_parent_names_products_of_its_subsidiary_but_not_the_other_way_round(world: World) -> None:
    world.state.organizations[MILL.id] = msgspec.structs.replace(
        world.state.organizations[MILL.id], enrolled_under=DEALER.id, controlled=True)
    world.admit(core())
    own = DEALER.name("gear")
    texts(world, core(own, by=MILL), own, "lot.product")


def test_one_s_own_product_needs_nothing(world: World) -> None:
    """A collector states the mass and materials of what it holds."""
    world.admit(product("used", "H87", by=DEALER),
                core(DEALER.name("used"), mass=quantity("11 KGM"), materials={"steel": "1"}))
    assert world.state.lots[DEALER.name("core")].mass == 11


def test_a_mass_balance_of_a_product_that_was_not_shown_is_refused_like_one_of_nothing(world: World) -> None:
    """A refusal of the unit would tell it. Other pools need the product alone."""
    bin_of = {"custody": "massBalance", "attribute": "recycledPostConsumer:steel", "balance_months": 3}
    found = set()
    for name in (PUMP, MILL.name("steel"), NEVER):
        found.add(texts(world, Pool(issuer=DEALER.id, nonce=nonce(), id=DEALER.name("bin"), product=name,
                                    facility=DEALER.name("site"), **bin_of), name, "product"))
    assert len(found) == 1
    world.admit(Pool(issuer=DEALER.id, nonce=nonce(), id=DEALER.name("bin"), facility=DEALER.name("site"),
                     product=PUMP))
