"""The form of a study context."""

from ledger.core.record.kinds import Facility, Product, ProductCompletion
from ledger.core.record.redacted import is_residue
from ledger.core.record.study import ProductRules
from ledger.errors import Refused


def check_study(record: Facility | Product | ProductCompletion) -> None:
    """Refuses a study context that states nothing, repeats a value, or has rules without their operator. A redacted
    record may state nothing."""
    study = record.study
    if study is None:
        return
    if study.is_empty and not is_residue(record):
        raise Refused("study states nothing", code="empty-study", field="study", value={},
                      rule="at least one field, or no study")
    for i, rules in enumerate(study.rules):
        _check_rules(rules, f"study.rules[{i}]")
        if rules in study.rules[:i]:
            raise Refused(f"study.rules[{i}] repeats earlier rules", code="duplicate-rules", field=f"study.rules[{i}]",
                          value=rules.names, rule="all rules are different")
    for i, standard in enumerate(study.standards):
        if standard in study.standards[:i]:
            raise Refused(f"study.standards repeats {standard}", code="duplicate-standard",
                          field=f"study.standards[{i}]", value=standard, rule="all standards are different")


def _check_rules(rules: ProductRules, field: str) -> None:
    if (rules.operator == "Other") != (rules.other_operator is not None):
        raise Refused(
            f"{field} has the operator {rules.operator!r} and {_named(rules.other_operator)}", code="rules-operator",
            field=f"{field}.otherOperator", value=rules.other_operator,
            rule="otherOperator names the operator if operator is Other, and is absent otherwise",
        )
    for i, name in enumerate(rules.names):
        if name in rules.names[:i]:
            raise Refused(f"{field}.names repeats {name!r}", code="duplicate-rules", field=f"{field}.names[{i}]",
                          value=name, rule="all names are different")


def _named(operator: str | None) -> str:
    return "no otherOperator" if operator is None else f"the otherOperator {operator!r}"
