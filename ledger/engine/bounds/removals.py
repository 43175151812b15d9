"""Signs of burdens, and the evidence of removals and captures.

Only removals lower a figure (PACT 3: uptake, removals and capture are at most zero, everything else is at least zero).
So an emission below zero is refused, whatever the sector calls it. One deduction is no removal: a carbon balance counts
all carbon as CO2 and deducts the carbon that stays in the products (GB/T 32151.5). Its lines are CO2 on site, and
together at most the CO2 on site that the record counts; `carbon` compares them with the carbon of the products.

A removal or capture without evidence is refused, not questioned. PACT 3 lets it into a figure only if it meets the
reporting requirements: traceable land, injection site and reservoir. ISO 14067 (6.4.9) documents it apart. A document's
digest costs an honest issuer nothing, and a record can be posted again with it; a figure that counts a tonne as stored
without any document would have to carry a question for ever.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from ledger.core.outcome.assessment import ADDITIVE, BIOGENIC_CO2, OF_WHICH, OVER_LOCATION, REMOVALS, Assessment, Line
from ledger.core.record.values import Evidence
from ledger.errors import Refused
from ledger.footprint.stored.burdens import line_co2e
from ledger.footprint.stored.supplies import FACTOR_EVIDENCE

EVIDENCE: Final = "removal-evidence"
NEGATIVE: Final = "negative-emission"
POWER: Final = "power-by-sector"
_STORED: Final = ("storageCertificate", "injectionReport")
SHOWN_BY: Final[Mapping[str, Sequence[str]]] = {
    "landManagementBiogenicCO2Removals": ("landMonitoring", "removalCertificate"),
    "technologicalCO2Removals": (*_STORED, "removalCertificate"),
    "ccsTechnologicalCO2Capture": _STORED,
}
"""Kinds of evidence that show each removal: of the store's operator, of the injection, of a registry, of the monitoring
of land. The meter of captured gas shows that gas was captured, not that it stays anywhere."""
_OF_THE_CORE: Final = (OVER_LOCATION, "electricityLocation")
_FOSSIL: Final = "fossilGhgEmissions"
_NEVER_NEGATIVE: Final = frozenset((*ADDITIVE, *OF_WHICH, BIOGENIC_CO2)) - frozenset(REMOVALS)


def removed(own: Assessment) -> Decimal:
    """Kg CO2e that the sector deducts, by captures and removals; at least zero."""
    return sum((-line.amount for line in own.lines if line.burden in REMOVALS), Decimal(0))


def lowers(own: Assessment) -> bool:
    """Whether the sector states anything that lowers a figure."""
    return any(line.amount < 0 for line in own.lines)


def fixed(own: Assessment) -> Decimal:
    """Kg of CO2 that the sector deducts for carbon that stays in products; at least zero."""
    return sum((-line.amount for line in own.lines if _is_fixed(line)), Decimal(0))


def check_signs(own: Assessment, whole: Assessment) -> None:
    """Raises Refused that lists each emission of the sector below zero. `whole`: the record's complete assessment."""
    negative = [line for line in own.lines if _is_negative(line)]
    if not negative:
        return
    wrong = [line for line in negative if not _is_fixed(line)]
    released = sum((
        line.amount for line in whole.lines
        if line.kind == "onSite" and line.gas in ("CO2", "CO2e") and line.burden == _FOSSIL and line.amount > 0
    ), Decimal(0))
    if fixed(own) > released:
        wrong += [line for line in own.lines if _is_fixed(line)]
    if not wrong:
        return
    listed = ", ".join([f"{line.source} ({line.burden}: {line.amount:f} kg)" for line in wrong])
    raise Refused(
        f"emissions below zero: {listed}", code=NEGATIVE, field="activity", value=f"{wrong[0].amount:f}",
        rule=f"only {', '.join(REMOVALS)} lower a figure, with evidence; carbon that stays in products is deducted as "
             f"CO2 on site, up to the {released:f} kg of CO2 that the record counts there",
    )


def check_power(own: Assessment) -> None:
    """Raises Refused for amounts of power that the core makes from factor sets: a sector that added to them would move
    the location-based or the market-based total."""
    wrong = [
        line for line in own.lines
        if (line.burden in _OF_THE_CORE and line.amount)
        or (line.kind == "electricity" and line.market is not None and line.market < line_co2e(line))
    ]
    if wrong:
        raise Refused(
            f"the sector states amounts of power of its own: {', '.join([line.source for line in wrong])}", code=POWER,
            field="activity", value=wrong[0].source,
            rule="the ledger makes location-based and market-based amounts from the factor sets in force and from "
                 "green attributes; a sector books the power with Draft.buy_power",
        )


def _is_negative(line: Line) -> bool:
    if line.amount >= 0 and (line.market is None or line.market >= 0) and (
        line.generation is None or line.generation >= 0
    ):
        return False
    return line.burden in _NEVER_NEGATIVE


def _is_fixed(line: Line) -> bool:
    return line.amount < 0 and line.gas == "CO2" and line.kind == "onSite" and line.burden == _FOSSIL


def check_evidence(own: Assessment, evidence: Sequence[Evidence]) -> None:
    """Raises Refused for removals of a record without a document that shows them."""
    for burden, kinds in SHOWN_BY.items():
        sources = dict.fromkeys([line.source for line in own.lines if line.burden == burden and line.amount])
        if sources and not is_shown(evidence, kinds):
            raise _unshown("activity", ", ".join(sources), kinds)


def check_declared(burdens: Mapping[str, str], evidence: Sequence[Evidence]) -> None:
    """Raises Refused for a declaration of removals without a document that shows them: also the footprint of their
    maker, who answers for them."""
    for burden, kinds in SHOWN_BY.items():
        if Decimal(burdens.get(burden, "0")) and not is_shown(evidence, (*kinds, *FACTOR_EVIDENCE)):
            raise _unshown(f"burdens.{burden}", burdens[burden], (*kinds, *FACTOR_EVIDENCE))


def is_shown(evidence: Sequence[Evidence], kinds: Sequence[str]) -> bool:
    """Whether the evidence has a document of one of the kinds, which may name its subject after a colon."""
    return any(document.kind.partition(":")[0] in kinds for document in evidence)


def _unshown(field: str, value: str, kinds: Sequence[str]) -> Refused:
    return Refused(
        f"{field}: removals or captures of {value} without evidence", code=EVIDENCE, field="evidence", value=value,
        rule=f"evidence of one of the kinds: {', '.join(kinds)}",
    )
