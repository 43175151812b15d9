"""All answers that a caller can get do not determine the values that others hide.

A ledger has twins: the same records, but for values that are hidden from a caller, which are others. If the caller gets
the same bytes from both, then no equation, sum, difference or ratio of answers tells the values apart, however it is
put: at any tree sizes, over any periods, with dry runs. A caller asks every operation of the document of the API, with
values of every parameter, and checks records of every kind.

SECURITY.md lists what answers determine all the same: `LISTED`.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import pytest
from support.enumerated import Names, Question, posts, values_of
from support.exploring import asker
from support.revising import amend, change
from support.solving import BASE as FIRST
from support.solving import Difference, Known, apart, compare, described
from support.twins import AMOUNTS, Hidden, Twin, of, story, twins
from support.workshop import kilograms

from ledger.core.record.kinds import Transfer

BASE: Final = Hidden()
"""The history that all twins are compared with."""
_SUPPLIERS: Final = BASE._replace(
    ore_made=352, ore_figure=1 / 4, ore_corrected_figure=1 / 2, mine_value=20,
    first_made=64, first_recipe=128, first_gas=16, first_gas_closed=32, first_lost=8,
    second_made=32, second_recipe=32, second_gas=8, mill_value=45)
_RIVAL: Final = {"rival_made": 64, "rival_figure": 2, "rival_value": 28}
_CUSTOMER: Final = {"machine_of_part": 4, "machine_made": 16, "maker_value": 10}
TWINS: Final[Mapping[str, Hidden]] = {
    "of a buyer": _SUPPLIERS._replace(**_RIVAL, machine_of_rival=24, maker_value=10),
    "of whom a buyer shows all": _SUPPLIERS._replace(**_RIVAL, **_CUSTOMER, machine_of_rival=12),
    "of whom a buyer shows its suppliers": _SUPPLIERS._replace(
        **_RIVAL, **_CUSTOMER, machine_of_rival=12, part_of_first=4, part_of_second=24, forge_value=50, mill_value=60),
    "of a buyer's customer": _SUPPLIERS._replace(
        first_figure=3.25, second_figure=2, part_of_first=2, part_of_second=12, part_made=8, forge_value=50,
        rival_made=64, rival_value=28),
    "of a supplier": BASE._replace(
        **_CUSTOMER, ore_made=384, mine_value=20, part_made=8, part_figure=6.5, forge_value=50, rival_made=96,
        rival_figure=2, rival_value=28,
        machine_of_rival=16, machine_figure=4.5),
    "of a supplier's supplier": BASE._replace(
        **_RIVAL, **_CUSTOMER, first_made=48, first_recipe=128, first_figure=4, first_gas=12, first_gas_closed=24,
        first_lost=8, second_made=32, second_recipe=64, second_figure=1.25, second_gas=6,
        mill_value=45, part_of_first=4, part_of_second=24, part_made=8, part_figure=8, forge_value=50,
        machine_of_rival=16, machine_figure=5),
    "of a rival": _SUPPLIERS._replace(
        **_CUSTOMER, first_figure=3.25, second_figure=2, mill_value=38, part_of_first=2, part_of_second=12,
        part_made=8, part_figure=7.25, forge_value=50, machine_figure=4),
}


_BOUGHT: Final = frozenset({"first_figure", "second_figure", "machine_figure"})
CALLERS: Final[Mapping[str | None, Known]] = {
    None: Known(("of whom a buyer shows its suppliers", "of a rival")),
    # The sender of a delivery can check how much of it was used; two revisions upstream tell the share in a machine.
    "forge": Known(("of a buyer",), "forge", _BOUGHT, frozenset({"machine_of_part", "machine_made"})),
    "auditor": Known(("of whom a buyer shows all",), "forge", _BOUGHT, some=1),
    # The forge's parent has the rights of the forge, so it asks little.
    "holding": Known(("of whom a buyer shows all",), "forge", _BOUGHT, some=0),
    # The lots of the grantor with their figures and own emissions.
    "bank": Known(("of whom a buyer shows its suppliers",), "",
                  _BOUGHT | {"part", "part_made", "part_figure"}, some=1),
    "maker": Known(("of a buyer's customer",), "maker", frozenset({"part_figure", "rival_figure"})),
    "mill": Known(("of a supplier",), "mill", frozenset({"ore_figure", "ore_corrected_figure"}),
                  frozenset({"part_of_first", "part_of_second"})),
    "mine": Known(("of a supplier's supplier",), "mine", some=1),
    "rival": Known(("of a rival",), "rival", listed=frozenset({"machine_of_rival"}), some=1),
}
APART: Final = 1.2
"""The least ratio of the values of two twins: whoever cannot tell them apart does not know the value within 10 %."""
POSTS: Final = frozenset({"/v1/records", "/v1/records/check"})


class Compared(NamedTuple):
    """`differences`: by caller, the answers by which it tells a twin from `BASE`. `figures` and `used`: by ledger, what
    the forge sees of the figure of melt in its stock, and of a check that it could send less than it sent."""

    differences: Mapping[str | None, list[Difference]]
    figures: dict[str, Any]
    used: dict[str, Any]


@pytest.fixture(scope="module")
def compared() -> Compared:
    figures, used = dict[str, Any](), dict[str, Any]()

    def ask_buyer(name: str, twin: Twin) -> None:
        forge = asker(twin, "forge")
        figures[name], used[name] = [forge.seen(answer) for answer in forge.ask(_of_buyer(twin))]

    with twins({FIRST: BASE, **TWINS}, story) as each:
        return Compared(compare(each, CALLERS, ask_buyer), figures, used)


def _of_buyer(twin: Twin) -> tuple[Question, Question]:
    forge = twin.shops["forge"]
    sent = next(posted for posted in twin.posted
                if isinstance(posted[1], Transfer) and posted[1].new_lot == forge.name("part-sent"))
    (less,) = twin.ledger.envelopes([amend(forge, change(sent, quantity=kilograms("6")))])
    return (Question("GET", "/v1/footprint", (("lot", twin.shops["mill"].name("first-again")),)),
            Question("POST", "/v1/records/check", body=less))


@pytest.mark.parametrize("caller", list(CALLERS))
def test_no_answer_tells_twins_apart(compared: Compared, caller: str | None) -> None:
    found = compared.differences[caller]
    assert not found, described(found)


@pytest.mark.parametrize("caller", list(CALLERS))
def test_every_hidden_value_differs_in_a_twin(caller: str | None) -> None:
    known = CALLERS[caller]
    hidden = {name for name in AMOUNTS if any(
        apart(getattr(BASE, name), getattr(TWINS[twin], name), APART) for twin in known.twins)}
    assert set(AMOUNTS) - hidden == of(known.own) | known.told | known.listed


def test_a_caller_sees_other_figures_and_what_is_listed(compared: Compared) -> None:
    """So the comparison can fail."""
    for name, twin in TWINS.items():
        is_same = compared.figures[name] == compared.figures[FIRST]
        assert is_same == (twin.first_figure == BASE.first_figure), name
        is_same = compared.used[name] == compared.used[FIRST]
        assert is_same == (twin.machine_of_part == BASE.machine_of_part), name


def test_a_parameter_of_which_no_values_are_known_fails() -> None:
    names = Names((), (), (), (), (), (), (), (), (), (0, 1), ())
    with pytest.raises(LookupError, match="the values of colour"):
        values_of("/v1/lots", "colour", {"type": "string"}, names)


def test_every_post_is_tried() -> None:
    assert {path for path in posts() if not path.startswith("/auth/")} == POSTS
