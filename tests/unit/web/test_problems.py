"""Problem details of errors."""

import msgspec

from ledger.answers.problems import problem_of
from ledger.errors import Refused, refusal_of


def fault(field: str) -> Refused:
    return Refused(f"{field} is wrong", code="wrong", field=field, value="-1", rule="at least 0")


def test_several_faults_are_all_named() -> None:
    answer = msgspec.to_builtins(problem_of(refusal_of([fault("a"), fault("b")])))
    assert (answer["status"], answer["code"], answer["field"], answer["detail"]) == (422, "wrong", "a", "a is wrong")
    assert answer["errors"] == [
        {"field": name, "detail": f"{name} is wrong", "code": "wrong", "value": "-1", "rule": "at least 0"}
        for name in ("a", "b")
    ]


def test_a_single_fault_has_no_list() -> None:
    assert "errors" not in msgspec.to_builtins(problem_of(refusal_of([fault("a")])))
