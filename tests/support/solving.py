"""All that callers see of twins, compared: see `support.twins`."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, Final, NamedTuple

from support.enumerated import Question, operations
from support.examples import times
from support.exploring import Asker, asker, dry_runs, explored, names_of
from support.twins import Twin

BASE: Final = "base"
"""The name of the twin that all others are compared with."""
WITHOUT: Final[Mapping[str, str]] = {
    "/metrics": "amounts of work and times, for the networks that the operator names",
    "/v1/schema": "no data of the log", "/v1/schema/{name}": "no data of the log",
}


class Known(NamedTuple):
    """`twins`: ledgers that a caller cannot tell from the base. `own`: whose values it has. `told`: values that it may
    know. `listed`: values that follow from answers, as SECURITY.md says. `some`: with how many values
    of each option it asks about one thing; with twice as many in a thorough run."""

    twins: tuple[str, ...]
    own: str = ""
    told: frozenset[str] = frozenset()
    listed: frozenset[str] = frozenset()
    some: int = 1


Callers = Mapping[str | None, Known]


class Difference(NamedTuple):
    twin: str
    question: Question
    expected: Any
    found: Any


class _Asked(NamedTuple):
    """The questions of a caller about the access log, its others, and what it sees of the answers at the base; also of
    its dry runs."""

    early: list[Question]
    questions: list[Question]
    seen: list[Any]


def compare(
    each: Iterable[tuple[str, Twin]], known: Callers, beside: Callable[[str, Twin], object],
    further: Sequence[Question] = (),
) -> dict[str | None, list[Difference]]:
    """The answers by which each caller tells a twin from the base, which comes first. `beside`: what else to ask a
    twin. `further`: questions that all callers ask besides."""
    asked: dict[str | None, _Asked] = {}
    found: dict[str | None, list[Difference]] = {caller: [] for caller in known}
    for name, twin in each:
        callers = {caller: asker(twin, caller) for caller in known}
        if name == BASE:
            asked = _asked(callers, known, further)
        else:
            compared = {caller for caller, one in known.items() if name in one.twins}
            for caller, differing in _differences(name, callers, asked, compared):
                found[caller].append(differing)
        beside(name, twin)
    return found


def described(differences: list[Difference]) -> str:
    """How many there are, and the first place at which the first of them differ."""
    return f"{len(differences)} answers differ:\n" + "\n".join(map(_described, differences[:10]))


def _asked(
    callers: Mapping[str | None, Asker], known: Callers, further: Sequence[Question]
) -> dict[str | None, _Asked]:
    """All callers ask the access log first: their other questions are noted there."""
    asked = {name: _Asked([], [], []) for name in callers}
    documented = list(operations(names_of(next(iter(callers.values())).twin), WITHOUT))
    for is_early in (True, False):
        for name, caller in callers.items():
            chosen = [one for one in documented if one.path.startswith("/v1/accesses") == is_early]
            for question, answer in explored(caller, chosen, known[name].some * min(times(), 2)):
                (asked[name].early if is_early else asked[name].questions).append(question)
                asked[name].seen.append(caller.seen(answer))
    for name, caller in callers.items():
        asked[name].questions.extend(further)
        asked[name].seen.extend([caller.seen(answer) for answer in caller.ask([*further, *dry_runs(caller)])])
    return asked


def _differences(
    twin: str, callers: Mapping[str | None, Asker], asked: Mapping[str | None, _Asked], compared: Set[str | None]
) -> Iterator[tuple[str | None, Difference]]:
    """What differs at a twin for the `compared` callers. All ask the access log in the same order, which it notes."""
    early = {name: caller.ask(asked[name].early) for name, caller in callers.items()}
    for name, caller in callers.items():
        if name not in compared:
            continue
        tried = dry_runs(caller)
        questions = [*asked[name].early, *asked[name].questions, *tried]
        answers = [*early[name], *caller.ask(asked[name].questions), *caller.ask(tried)]
        for question, expected, answer in zip(questions, asked[name].seen, answers, strict=True):
            found = caller.seen(answer)
            if found != expected:
                yield name, Difference(twin, question, expected, found)


def _described(difference: Difference) -> str:
    expected, found = repr(difference.expected), repr(difference.found)
    place = next((place for place, (one, other) in enumerate(zip(expected, found, strict=False)) if one != other), 0)
    around = slice(max(0, place - 150), place + 150)
    question = difference.question
    return (f"{difference.twin}: {question.method} {question.path} {dict(question.given)} {question.body[:300]!r}\n"
            f"  {expected[around]}\n  {found[around]}")


def apart(one: float, other: float, least: float) -> bool:
    """Whether two values differ by so much: whoever cannot tell them apart does not know the value."""
    values = sorted((one, other))
    return bool(values[0] > 0 and values[1] / values[0] >= least)
