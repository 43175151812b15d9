"""The lives of an item pass through many hands: each sees the lives that it may see, and no answer tells of others."""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from support.callers import Callers
from support.inside import inside
from support.revising import digest_of
from support.sectors import Make
from support.server import Posted, prepared_home
from support.workshop import EARLIER, ISSUED, START, Workshop, kilograms

from ledger.core.record.kinds import Consumption, Declaration, Grant, GrantScope, Product, Transfer
from ledger.core.record.values import Evidence, Flow, Output, PreviousLife, Quantity

UNTIL: Final = "2034-12-31T00:00:00Z"
ONE: Final = Quantity(value="1", unit="H87")
SECRET: Final = 77.8125
"""Kg CO2e of the second life."""
METHOD: Final = "multi-life/1"


class Lives(NamedTuple):
    """A maker makes a pump, a user wears it out, a renewer makes it new for a buyer."""

    callers: Callers
    maker: Workshop
    user: Workshop
    renewer: Workshop
    buyer: Workshop
    rival: Workshop
    worn: Posted
    """The record that ends the first life."""
    size: str
    """Of the tree before the second life."""

    def post(self, *posted: Posted) -> None:
        self.callers.ledger.post(posted)


@pytest.fixture
def lives() -> Iterator[Lives]:
    with prepared_home() as home, inside(home, access="parties") as ledger:
        shops = [Workshop(name) for name in ("maker", "user", "renewer", "buyer", "rival")]
        for shop in shops:
            ledger.post([shop.enrolment(ledger), *shop.opening(), pump_product(shop)])
        maker, user, renewer, buyer, rival = shops
        made = made_pump(maker, maker.name("pump"), "40")
        worn = worn_out(user, maker.name("sold"), maker.name("pump"))
        again = made_pump(renewer, maker.name("pump"), str(SECRET), core=user.name("core-sent"))
        for step in (made, sold(maker, maker.name("pump"), user, "sold"), worn,
                     sold(user, user.name("core"), renewer, "core-sent")):
            (receipt,) = ledger.post([step])
        for step in (again, sold(renewer, renewer.name("pump"), buyer, "sold")):
            ledger.post([step])
        yield Lives(Callers(ledger), maker, user, renewer, buyer, rival, worn, str(receipt.index + 1))


def pump_product(shop: Workshop) -> Posted:
    return shop.signed(Product(issuer=shop.id, nonce=shop.nonce(), id=shop.name("pumps"), sector="works", unit="H87",
                               materials={"steel": "1"}, mass_per_unit=kilograms("10")))


def made_pump(shop: Workshop, item: str, co2: str, core: str | None = None) -> Posted:
    party, record = shop.make({"x": "10"}, ore=None if core else "10", activity=Make(co2=co2))
    return party, msgspec.structs.replace(
        record, inputs=[] if core is None else [Flow(lot=core, quantity=ONE)],
        outputs=[Output(lot=shop.name("pump"), product=shop.name("pumps"), quantity=ONE, role="product", item=item)])


def sold(shop: Workshop, lot: str, to: Workshop, new_lot: str) -> Posted:
    return shop.signed(Transfer(issuer=shop.id, nonce=shop.nonce(), lot=lot, quantity=ONE, to=to.id,
                                new_lot=shop.name(new_lot), time=START))


def worn_out(user: Workshop, lot: str, item: str) -> Posted:
    return user.signed(Consumption(
        issuer=user.id, nonce=user.nonce(), time=START, purpose="finalUse", inputs=[Flow(lot=lot, quantity=ONE)],
        outputs=[Output(lot=user.name("core"), product="urn:example:maker:pumps", quantity=ONE, role="core",
                        item=item)], evidence=ISSUED))


def granted(shop: Workshop, to: Workshop, **scope: str) -> Posted:
    return shop.signed(Grant(issuer=shop.id, nonce=shop.nonce(), depth="full", until=UNTIL, purpose="audit",
                             grantee=to.id, scope=GrantScope(**scope) if scope else None))


def by_lives(lives: Lives, who: Workshop, lot: str, **query: str) -> dict[str, Any]:
    """The figure by all lives, without the tree. The statement states the same."""
    asked = {"lot": lot, "method": METHOD, **query}
    answers = [lives.callers.get(who.id, path, asked) for path in ("/v1/footprint/method", "/v1/statement")]
    assert [answer.status_code for answer in answers] == [200, 200], answers[0].text
    method, statement = [answer.json() for answer in answers]
    assert float(statement["claims"]["answer"]["footprint"]) == method["footprint"]
    return {name: value for name, value in method.items() if name not in {"size", "root", "at"}}


def test_a_maker_does_not_learn_the_burden_of_a_later_life(lives: Lives) -> None:
    """Its answer is the same as before there was one."""
    lot = lives.maker.name("pump")
    found = by_lives(lives, lives.maker, lot)
    assert (found, found["footprint"]) == (by_lives(lives, lives.maker, lot, at=lives.size), 40)
    assert any("may not see" in limitation for limitation in found["limitations"])


def test_a_life_counts_for_whoever_sees_its_whole_chain(lives: Lives) -> None:
    maker, user, renewer = lives.maker, lives.user, lives.renewer
    lives.post(granted(renewer, maker))
    # The renewer's record takes a core of the user.
    assert by_lives(lives, maker, maker.name("pump"))["footprint"] == 40
    lives.post(granted(user, maker))
    assert by_lives(lives, maker, maker.name("pump"))["footprint"] == (40 + SECRET) / 2


def previous_life(lives: Lives, who: Workshop, lot: str) -> object:
    (found,) = lives.callers.get(who.id, "/v1/lots", {"lot": lot}).json()
    listed = [one for one in lives.callers.get(who.id, "/v1/lot-list", {"holder": who.id}).json()["lots"]
              if one["lot"] == lot]
    figure = lives.callers.get(who.id, "/v1/footprint", {"lot": lot}).json()["lot"]
    assert all(one.get("previousLife") == found.get("previousLife") for one in [figure, *listed])
    return found.get("previousLife")


def test_a_previous_life_is_shown_to_those_who_see_the_record_that_ended_it(lives: Lives) -> None:
    maker, user, renewer, buyer = lives.maker, lives.user, lives.renewer, lives.buyer
    ended = digest_of(lives.worn)
    assert [previous_life(lives, user, user.name(lot)) for lot in ("core", "core-sent")] == [ended, ended]
    hidden = ((renewer, user.name("core-sent")), (renewer, renewer.name("pump")), (buyer, renewer.name("sold")))
    assert [previous_life(lives, who, lot) for who, lot in hidden] == [None, None, None]
    lives.post(granted(user, renewer))
    assert [previous_life(lives, who, lot) for who, lot in hidden] == [ended, ended, None]
    lives.post(granted(user, buyer, lot=user.name("core")))
    assert previous_life(lives, buyer, renewer.name("sold")) == ended
    assert previous_life(lives, maker, maker.name("pump")) is None


def test_the_estimated_age_of_a_core_is_shown_to_its_declarer(lives: Lives) -> None:
    """Not to the next holder, who could only read it in the declaration."""
    user, renewer, buyer = lives.user, lives.renewer, lives.buyer
    lives.post(collected(user))
    lives.post(sold(user, user.name("old"), renewer, "old-sent"))
    lives.post(sold(renewer, user.name("old-sent"), buyer, "old-again"))
    assert previous_life(lives, user, user.name("old")) == "12.5"
    assert previous_life(lives, renewer, user.name("old-sent")) is None
    assert previous_life(lives, renewer, renewer.name("old-again")) is None
    assert previous_life(lives, buyer, renewer.name("old-again")) is None


def collected(user: Workshop) -> Posted:
    return user.signed(Declaration(
        issuer=user.id, nonce=user.nonce(), start=EARLIER["start"], end=EARLIER["end"], basis="collected",
        boundary="none", collector=user.id,
        evidence=[Evidence(digest="6" * 64, media_type="application/pdf", kind="weighing")],
        lot=Output(lot=user.name("old"), product="urn:example:maker:pumps", quantity=ONE, role="core",
                   item=user.name("old"), previous_life=PreviousLife(estimated_years="12.5"))))
