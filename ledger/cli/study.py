"""The context of a figure, as a few lines for people."""

from collections.abc import Iterator, Sequence

from ledger.cli.numbers import unit_words
from ledger.core.receipts.statement import VersionClaim
from ledger.core.receipts.study import StudyClaim
from ledger.core.record.study import AllocationBasis, ProductRules, StudyContext

_BOUNDARIES = {"cradleToGate": "cradle to gate", "gateToGate": "gate to gate", "none": "no stated boundary"}


def study_lines(study: StudyClaim, versions: Sequence[VersionClaim]) -> Iterator[str]:
    """The fields that the ledger derives, the versions, the omissions, and the manufacturer's statement."""
    place = study.geography_subdivision or study.geography_country
    parts = [
        f"study: per {study.declared_unit_amount} {unit_words(study.declared_unit)}",
        _BOUNDARIES.get(study.boundary, study.boundary), *_period(study), *([place] if place else []),
        *([f"allocation by {' and '.join(study.allocation)}"] if study.allocation else []),
        *([f"method known to {', '.join(study.method_standards)}"] if study.method_standards else []),
    ]
    yield ", ".join(parts)
    if versions:
        yield f"versions: {', '.join([f'{one.name} {one.version}' for one in versions])}"
    if study.allocation_basis is not None:
        yield f"the record states {'; '.join(_basis(study.allocation_basis))}"
    if study.exempted_description is not None:
        yield f"exempted {study.exempted}: {study.exempted_description}"
    if study.stated is not None:
        yield from [f"the manufacturer states {text}" for text in _stated(study.stated)]


def _period(study: StudyClaim) -> list[str]:
    start, end = study.reference_period_start, study.reference_period_end
    return [] if start is None or end is None else [f"{start[:10]} to {end[:10]}"]


def _basis(basis: AllocationBasis) -> Iterator[str]:
    prices = None if basis.price_start is None else f"{basis.price_start[:10]} to {(basis.price_end or '')[:10]}"
    texts = {
        "step of the allocation": basis.step, "rule": basis.rule, "price ratio": basis.price_ratio, "prices": prices,
        "reason": basis.reason,
    }
    yield from [f"{name}: {text}" for name, text in texts.items() if text]


def _stated(stated: StudyContext) -> Iterator[str]:
    packaging = {True: "included", False: "not included"}
    texts = {
        "standards": ", ".join(stated.standards), "rules": "; ".join(_rules(one) for one in stated.rules),
        "processes inside the boundary": stated.boundary_processes, "cut-off": stated.cut_off,
        "reason of the allocation": stated.allocation_reason,
        "packaging": None if stated.packaging_included is None else packaging[stated.packaging_included],
        "uncertainty": stated.uncertainty,
    }
    yield from [f"{name}: {text}" for name, text in texts.items() if text]


def _rules(rules: ProductRules) -> str:
    return f"{rules.other_operator or rules.operator}: {', '.join(rules.names)}"
