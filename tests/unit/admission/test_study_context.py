"""The form of a study context: it states something, nothing twice, and rules with their operator."""

from typing import Any

import pytest
from unit.admission.world import World, facility, product

from ledger.core.record.redacted import residue
from ledger.core.record.study import ProductRules, StudyContext

PEF = ProductRules(operator="PEF", names=["steel"])


@pytest.mark.parametrize(("study", "code", "field"), [
    (StudyContext(), "empty-study", "study"),
    (StudyContext(standards=["ISO14067", "GBT24067", "ISO14067"]), "duplicate-standard", "study.standards[2]"),
    (StudyContext(rules=[PEF, PEF]), "duplicate-rules", "study.rules[1]"),
    (StudyContext(rules=[ProductRules(operator="PEF", names=["a", "a"])]), "duplicate-rules",
     "study.rules[0].names[1]"),
    (StudyContext(rules=[ProductRules(operator="Other", names=["a"])]), "rules-operator",
     "study.rules[0].otherOperator"),
    (StudyContext(rules=[ProductRules(operator="PEF", names=["a"], other_operator="b")]), "rules-operator",
     "study.rules[0].otherOperator"),
])
def test_what_is_refused(world: World, study: StudyContext, code: str, field: str) -> None:
    world.refuse(product("bar", study=study), code, field)
    world.refuse(facility("works", study=study), code, field)


@pytest.mark.parametrize("study", [
    StudyContext(packaging_included=False), StudyContext(standards=["GBT24067", "ISO14067"], rules=[PEF]),
])
def test_what_is_admitted(world: World, study: StudyContext) -> None:
    world.admit(product("bar", study=study), facility("works", study=study))


def test_what_an_erasure_leaves_is_admitted(world: World) -> None:
    """An audit runs it again: no word is left, and the study is empty."""
    record: Any = residue(product("bar", study=StudyContext(cut_off="nothing")))
    assert record.study == StudyContext()
    world.admit(record)
