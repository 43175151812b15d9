"""All answers that a caller can get do not determine the values that others hide.

A ledger has twins: the same records, but for values that are hidden from a caller, which are others. If the caller gets
the same bytes from both, then no equation, sum, difference or ratio of answers tells the values apart, however it is
put: at any tree sizes, over any periods, with dry runs. A caller asks every operation of the document of the API, with
values of every parameter, and checks records of every kind.

SECURITY.md lists what answers determine all the same: `LISTED`.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

import pytest
from support.enumerated import Names, Question, operations, posts, values_of
from support.exploring import Asker, asker, dry_runs, explored, names_of
from support.revising import amend, change
from support.twins import AMOUNTS, Hidden, Twin, of, twins
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


class Known(NamedTuple):
    """`twins`: ledgers that a caller cannot tell from `BASE`. `own`: whose values it has. `told`: values that it may
    know. `listed`: values that follow from answers, as SECURITY.md says. `some`: the values of each option with which
    it asks about one thing."""

    twins: tuple[str, ...]
    own: str = ""
    told: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    some: int = 2


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
WITHOUT: Final[Mapping[str, str]] = {
    "/metrics": "amounts of work and times, for the networks that the operator names",
    "/v1/schema": "no data of the log", "/v1/schema/{name}": "no data of the log",
}
POSTS: Final = frozenset({"/v1/records", "/v1/records/check"})


class Asked(NamedTuple):
    """The questions of a caller about the access log, its others, and what it sees of the answers at `BASE`; also of
    its dry runs."""

    early: list[Question]
    questions: list[Question]
    seen: list[Any]


class Difference(NamedTuple):
    twin: str
    question: Question
    expected: Any
    found: Any


class Compared(NamedTuple):
    """`differences`: by caller, the answers by which it tells a twin from `BASE`. `figures` and `used`: by ledger, what
    the forge sees of the figure of melt in its stock, and of a check that it could send less than it sent."""

    differences: Mapping[str | None, list[Difference]]
    figures: dict[str, Any]
    used: dict[str, Any]


@pytest.fixture(scope="module")
def compared() -> Compared:
    asked: dict[str | None, Asked] = {}
    found = Compared({caller: [] for caller in CALLERS}, {}, {})
    with twins({"base": BASE, **TWINS}) as each:
        for name, twin in each:
            callers = {caller: asker(twin, caller) for caller, known in CALLERS.items()
                       if name == "base" or name in known.twins}
            if name == "base":
                asked = _asked(callers)
            for caller, differing in _differences(name, callers, asked) if name != "base" else ():
                found.differences[caller].append(differing)
            forge, (figure, used) = asker(twin, "forge"), _of_buyer(twin)
            found.figures[name], found.used[name] = [forge.seen(answer) for answer in forge.ask([figure, used])]
    return found


def _of_buyer(twin: Twin) -> tuple[Question, Question]:
    forge = twin.shops["forge"]
    sent = next(posted for posted in twin.posted
                if isinstance(posted[1], Transfer) and posted[1].new_lot == forge.name("part-sent"))
    (less,) = twin.ledger.envelopes([amend(forge, change(sent, quantity=kilograms("6")))])
    return (Question("GET", "/v1/footprint", (("lot", twin.shops["mill"].name("first-again")),)),
            Question("POST", "/v1/records/check", body=less))


def _asked(callers: Mapping[str | None, Asker]) -> dict[str | None, Asked]:
    """All callers ask the access log first: their other questions are noted there."""
    asked = {name: Asked([], [], []) for name in callers}
    documented = list(operations(names_of(next(iter(callers.values())).twin), WITHOUT))
    for is_early in (True, False):
        for name, caller in callers.items():
            chosen = [one for one in documented if one.path.startswith("/v1/accesses") == is_early]
            for question, answer in explored(caller, chosen, CALLERS[name].some):
                (asked[name].early if is_early else asked[name].questions).append(question)
                asked[name].seen.append(caller.seen(answer))
    for name, caller in callers.items():
        asked[name].seen.extend([caller.seen(answer) for answer in caller.ask(dry_runs(caller))])
    return asked


def _differences(
    twin: str, callers: Mapping[str | None, Asker], asked: Mapping[str | None, Asked]
) -> Iterator[tuple[str | None, Difference]]:
    """What differs at a twin, by caller. In the same order."""
    early = {name: caller.ask(asked[name].early) for name, caller in callers.items()}
    for name, caller in callers.items():
        tried = dry_runs(caller)
        questions = [*asked[name].early, *asked[name].questions, *tried]
        answers = [*early[name], *caller.ask(asked[name].questions), *caller.ask(tried)]
        for question, expected, answer in zip(questions, asked[name].seen, answers, strict=True):
            found = caller.seen(answer)
            if found != expected:
                yield name, Difference(twin, question, expected, found)


@pytest.mark.parametrize("caller", list(CALLERS))
def test_no_answer_tells_twins_apart(compared: Compared, caller: str | None) -> None:
    found = compared.differences[caller]
    assert not found, f"{len(found)} answers differ:\n" + "\n".join(map(_described, found[:10]))


@pytest.mark.parametrize("caller", list(CALLERS))
def test_every_hidden_value_differs_in_a_twin(caller: str | None) -> None:
    known = CALLERS[caller]
    hidden = {name for name in AMOUNTS if any(_apart(name, TWINS[twin]) for twin in known.twins)}
    assert set(AMOUNTS) - hidden == of(known.own) | known.told | known.listed


def test_a_caller_sees_other_figures_and_what_is_listed(compared: Compared) -> None:
    """So the comparison can fail."""
    for name, twin in TWINS.items():
        is_same = compared.figures[name] == compared.figures["base"]
        assert is_same == (twin.first_figure == BASE.first_figure), name
        is_same = compared.used[name] == compared.used["base"]
        assert is_same == (twin.machine_of_part == BASE.machine_of_part), name


def test_a_parameter_of_which_no_values_are_known_fails() -> None:
    names = Names((), (), (), (), (), (), (), (), (), (0, 1), ())
    with pytest.raises(LookupError, match="the values of colour"):
        values_of("/v1/lots", "colour", {"type": "string"}, names)


def test_every_post_is_tried() -> None:
    assert {path for path in posts() if not path.startswith("/auth/")} == POSTS


def _apart(name: str, twin: Hidden) -> bool:
    values = sorted((getattr(BASE, name), getattr(twin, name)))
    return bool(values[0] > 0 and values[1] / values[0] >= APART)


def _described(difference: Difference) -> str:
    """The first place at which two answers differ."""
    expected, found = repr(difference.expected), repr(difference.found)
    place = next((place for place, (one, other) in enumerate(zip(expected, found, strict=False)) if one != other), 0)
    around = slice(max(0, place - 150), place + 150)
    question = difference.question
    return (f"{difference.twin}: {question.method} {question.path} {dict(question.given)} {question.body[:300]!r}\n"
            f"  {expected[around]}\n  {found[around]}")
