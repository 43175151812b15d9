"""As `test_solver`, for stock that blends, averages of closed periods and things with several lives."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pytest
from support.enumerated import Question
from support.exploring import asker
from support.solving import BASE as FIRST
from support.solving import Callers, Difference, Known, apart, compare, described
from support.stock_twins import AMOUNTS, OWN, READINGS, Stock, stock_story
from support.twins import Twin, twins

BASE: Final = Stock()
_BLENDED: Final = {"coarse_added": 16, "fine_added": 16, "metal_recipe": 8, "metal_made": 8}
_PERIOD: Final = {"left_made": 32, "right_made": 32, "left_gas": 8, "right_gas": 8, "left_figure": 1}
TWINS: Final[Mapping[str, Stock]] = {
    "of a buyer": BASE._replace(
        **_BLENDED, **_PERIOD, coarse_made=64, coarse_figure=1 / 8, fine_made=64, fine_figure=1, renewed_figure=4),
    "of a supplier": BASE._replace(coarse_made=64, fine_made=128, renewed_figure=4),
    "of a supplier's supplier": BASE._replace(
        **_PERIOD, coarse_added=22, fine_added=42, metal_recipe=32, metal_made=32, metal_figure=1.875, pump_figure=2.5,
        plate_figure=2, plate_closed_figure=3, renewed_figure=4),
    "of a renewer": BASE._replace(
        **_BLENDED, **_PERIOD, coarse_made=64, coarse_figure=1 / 8, fine_made=64, fine_figure=1 / 4, metal_figure=2,
        pump_figure=3, plate_figure=2, plate_closed_figure=3),
}
_BOUGHT: Final = frozenset({"metal_figure", "pump", "pump_figure", "plate_figure", "plate_closed_figure"})
CALLERS: Final[Callers] = {
    None: Known(("of a buyer", "of a renewer"), some=1),
    "forge": Known(("of a buyer",), "forge", _BOUGHT, some=1),
    "holding": Known(("of a buyer",), "forge", _BOUGHT, some=0),
    "mill": Known(("of a supplier",), "mill", frozenset({"coarse_figure", "fine_figure"}), some=1),
    "auditor": Known(("of a supplier",), "mill", frozenset({"coarse_figure", "fine_figure"}), some=1),
    "mine": Known(("of a supplier's supplier",), "mine", some=1),
    "maker": Known(("of a renewer",), "maker", some=1),
    "rival": Known(("of a renewer",), "", frozenset({"renewed", "renewed_figure"}), some=1),
}
FURTHER: Final = [
    Question("GET", path, (("lot", f"urn:example:{lot}"), ("method", method)))
    for lot in ("mill:pump", "mill:pump-sent", "maker:again", "maker:again-sent", "mill:heap:2", "mill:plate-sent")
    for method in ("multi-life/1", "multi-cycle/1") for path in ("/v1/footprint/method", "/v1/statement")]
"""Methods that count earlier and later lives."""
APART: Final = 1.2


class Compared(NamedTuple):
    """`seen`: by ledger and caller, the answers to questions whose values differ in some twins."""

    differences: Mapping[str | None, list[Difference]]
    seen: dict[tuple[str, str], Any]


@pytest.fixture(scope="module")
def compared() -> Compared:
    seen = dict[tuple[str, str], Any]()

    def ask_more(name: str, twin: Twin) -> None:
        for caller, owner, lot in (("forge", "mill", "metal-sent"), ("forge", "mill", "plate-sent"),
                                   ("rival", "maker", "again-sent"), ("mill", "mill", "heap:2")):
            about = Question("GET", "/v1/footprint", (("lot", twin.shops[owner].name(lot)),))
            (answer,) = asker(twin, caller).ask([about])
            assert answer.status == 200, answer
            seen[name, lot] = asker(twin, caller).seen(answer)

    with twins({FIRST: BASE, **TWINS}, stock_story, READINGS) as each:
        return Compared(compare(each, CALLERS, ask_more, FURTHER), seen)


@pytest.mark.parametrize("caller", list(CALLERS))
def test_no_answer_tells_twins_apart(compared: Compared, caller: str | None) -> None:
    assert not compared.differences[caller], described(compared.differences[caller])


@pytest.mark.parametrize("caller", list(CALLERS))
def test_every_hidden_value_differs_in_a_twin(caller: str | None) -> None:
    known = CALLERS[caller]
    hidden = {name for name in AMOUNTS if any(
        apart(getattr(BASE, name), getattr(TWINS[twin], name), APART) for twin in known.twins)}
    assert set(AMOUNTS) - hidden == {*OWN.get(known.own, ())} | known.told | known.listed


def test_a_caller_sees_other_figures(compared: Compared) -> None:
    """So the comparison can fail."""
    values = {"metal-sent": "metal_figure", "plate-sent": "plate_closed_figure", "again-sent": "renewed_figure",
              "heap:2": "heap_figure"}
    for name, twin in TWINS.items():
        for lot, value in values.items():
            is_same = compared.seen[name, lot] == compared.seen[FIRST, lot]
            assert is_same == (getattr(twin, value) == getattr(BASE, value)), (name, lot)
