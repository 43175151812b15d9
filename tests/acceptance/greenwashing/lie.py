"""How a lie is judged: by the answers about its lot and about everything that buyers make of it."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from support.market import Company, Market, RecordRefused, nature, supply

LEAST: Final = 0.5
MOST: Final = 1.5
"""The question may be this much smaller or larger than the amount that the lie hides."""
FOOTPRINT: Final = "footprint"
MONTH: Final = ("2025-07-01T00:00:00Z", "2025-08-01T00:00:00Z")
"""When a buyer works, after all cases."""
_SEA: Final = 18
"""Tonne kilometres that a kilogram sails."""
REFUSED: Final = 422
MISTAKES: Final = ("unknown-", "missing-", "wrong-", "plugin-failed")
"""Codes of records that are no attempt at all but mistakes of a case."""


class Lie(NamedTuple):
    """`lot` of `seller` looks `hidden` kg CO2e better than it is.

    `field`: of the answer about the lot, in which the lie has no effect if it stays at `honest`. `content`: kg of
    recycled content that do not exist, for a lie about a content. `untitled`: nothing says what the product is, so the
    ledger cannot know the amount; it must not call the figure a footprint.
    """

    seller: Company
    lot: str
    hidden: float
    field: str = FOOTPRINT
    honest: float | None = None
    content: float | None = None
    untitled: bool = False


class Attempt(NamedTuple):
    """A row of the table. `hidden`: kg CO2e, or kg of content, as the case computes. `way`: how the ledger is to
    answer. `code`: of the refusal, if the lie is refused."""

    case: Callable[[Market], Lie]
    hidden: float
    way: str
    code: str = ""


def judged(attempt: Attempt, market: Market) -> list[str]:
    """The answers that show nothing of the lie; empty if it is refused, or shown wherever its lot went. Raises
    RecordRefused if the ledger refuses a record that does not lie, or for another reason than the lie."""
    try:
        lie = attempt.case(market)
    except RecordRefused as refusal:
        if market.is_honest or not _answers(attempt, refusal):
            raise
        return []
    stated = lie.hidden if lie.content is None else lie.content
    if abs(stated - attempt.hidden) > 0.01 * abs(attempt.hidden):
        raise AssertionError(f"the case hides {stated:.0f} kg, the table says {attempt.hidden:.0f}")
    own = market.footprint(lie.seller.name(lie.lot))
    if lie.honest is not None and own[lie.field] >= lie.honest * 0.99:
        return []
    return _silent("its lot", own, lie, 1.0) + _downstream(market, lie, own)


def _answers(attempt: Attempt, refusal: RecordRefused) -> bool:
    if attempt.code:
        return refusal.code == attempt.code
    return refusal.problem.get("status") == REFUSED and not refusal.code.startswith(MISTAKES)


def _downstream(market: Market, lie: Lie, own: Mapping[str, Any]) -> list[str]:
    """What is left of the lot goes to a buyer, who makes a product of all of it and sells that on."""
    left, unit = own["lot"]["remaining"], own["lot"]["quantity"]["unit"]
    part = float(left) / float(own["lot"]["quantity"]["value"])
    # Energy does not travel, so its buyer is a neighbour. Goods go by ship, whose freight is honest.
    mass = float(own["lot"].get("massKg") or 0)
    place = ("DE", None) if mass else (lie.seller.country, lie.seller.subdivision)
    sails = mass and lie.seller.country != "DE"
    ship = [supply("seaContainer", f"{round(_SEA * mass * part) + 1} TKM")] if sails else []
    buyer, customer = market.company("buyer", *place), market.company("customer", "DE")
    bought = lie.seller.send(lie.lot, f"{left} {unit}", buyer, name="sold-on", time=MONTH[0], transport=ship)
    answer = market.footprint(bought)
    kilograms = answer["lot"].get("massKg")
    # Energy and services have no mass: they serve to dig ore, which the test sector takes from nature.
    materials = market.materials.get(own["lot"]["product"], {}) if kilograms else {"ironOre": "1"}
    product = buyer.product("ware", "works", "KGM", materials=materials)
    amount = f"{kilograms or '1000'} KGM"
    buyer.run("works.make", [buyer.out("ware", amount)], [] if kilograms else [nature("ironOre", amount)],
              {bought: f"{left} {unit}"}, when=MONTH)
    sold = buyer.send("ware", amount, customer, time=MONTH[1])
    silent = [line for name, said in (
        ("the lot of the buyer", answer), ("the lot that the buyer made", market.footprint(buyer.name("ware"))),
        ("the lot of the buyer's customer", market.footprint(sold)),
        ("the buyer's product", market.product_footprint(product)),
    ) for line in _silent(name, said, lie, part)]
    return silent if lie.untitled else silent + _silent_statement(market.stated(sold), lie, part)


def _silent(name: str, answer: Mapping[str, Any], lie: Lie, part: float) -> list[str]:
    """A line if the answer shows nothing of the lie, or not in its size."""
    if lie.content is not None:
        return _silent_content(name, answer, lie.content * part)
    title, expected = answer["title"], lie.hidden * part
    if lie.untitled:
        return [f"{name} is titled {title!r}"] if title == FOOTPRINT else []
    questioned, omitted = float(answer.get("questioned", 0)), _omitted(answer)
    if LEAST * expected <= questioned <= MOST * expected:
        return []
    if title != FOOTPRINT and LEAST * expected <= questioned + omitted <= MOST * expected:
        return []
    return [f"{name}: {title!r} of {answer['footprint']:,.0f} kg, {questioned:,.0f} kg questioned, {omitted:,.0f} kg "
            f"omitted, but {expected:,.0f} kg are hidden"]


def _silent_statement(stated: Mapping[str, Any], lie: Lie, part: float) -> list[str]:
    """A line if the signed statement shows nothing of the lie. It has no title."""
    name = "the statement of the customer's lot"
    if lie.content is not None:
        return _silent_content(name, {"contents": {
            content: float(amount) for content, amount in stated.get("contents", {}).items()}}, lie.content * part)
    burdens = stated.get("burdens", {})
    questioned, omitted = (float(burdens.get(burden, 0)) for burden in ("questionedAbs", "omittedAbs"))
    expected = lie.hidden * part
    if LEAST * expected <= questioned <= MOST * expected or LEAST * expected <= questioned + omitted <= MOST * expected:
        return []
    return [f"{name}: {questioned:,.0f} kg questioned, {omitted:,.0f} kg omitted, but {expected:,.0f} kg are hidden"]


def _omitted(answer: Mapping[str, Any]) -> float:
    """Kg CO2e. The burdens of a product are per unit."""
    omitted = float(answer["burdens"].get("omittedAbs", 0))
    return omitted * float(answer["quantity"]["value"]) if "numberOfLots" in answer else omitted


def _silent_content(name: str, answer: Mapping[str, Any], expected: float) -> list[str]:
    times = float(answer["quantity"]["value"]) if "numberOfLots" in answer else 1.0
    contents = {content: amount * times for content, amount in answer["contents"].items()}
    recycled = sum(amount for content, amount in contents.items() if content.startswith("recycled"))
    questioned = sum(amount for content, amount in contents.items() if "question" in content.lower())
    if recycled <= (1 - LEAST) * expected or LEAST * expected <= questioned <= MOST * expected:
        return []
    return [f"{name}: {recycled:,.0f} kg of recycled content, {questioned:,.0f} kg questioned, but {expected:,.0f} kg "
            "are none"]
