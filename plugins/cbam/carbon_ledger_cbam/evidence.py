"""Sources of the figures, and warnings for the reader."""

from collections.abc import Iterator

from carbon_ledger_cbam.answers import SourceAnswer
from carbon_ledger_cbam.chains import Chain
from carbon_ledger_cbam.uses import Use


def sources(system: Chain) -> list[SourceAnswer]:
    """Rows of annex I, default values with their mark-ups, attestations, grid factors and the ledger's own factors;
    each once."""
    answers = [*_goods(system), *_uses(system), *_power(system), *_factors(system)]
    return list(dict.fromkeys(answers))


def _goods(system: Chain) -> Iterator[SourceAnswer]:
    for node in system.nodes.values():
        good = node.good
        if good is not None:
            count = "direct emissions alone" if good.direct_only else "direct and indirect emissions"
            yield SourceAnswer(what=f"goods {good.cn}", value=f"{good.category}: {count}", source=good.source,
                               status="recalled" if good.recalled else "read")


def _uses(system: Chain) -> Iterator[SourceAnswer]:
    for uses in system.uses.values():
        for key, use in uses.items():
            yield from _default(use)
            if use.way == "exempt":
                yield SourceAnswer(what=f"origin {key.country}", value="zero", source=use.source, status="read")
            if use.way in ("actual", "declared"):
                yield SourceAnswer(what=f"precursor {key.product} of {key.facility}", value="own figures",
                                   source=f"attestation {key.attested}", status="ledger")


def _default(use: Use) -> Iterator[SourceAnswer]:
    row, mark = use.default, use.mark
    if row is None or mark is None:
        return
    value = f"{float(row.direct):g} direct, {float(row.indirect):g} indirect"
    yield SourceAnswer(what=f"default value {row.cn} {row.country}", value=value, source=row.source, status="given")
    yield SourceAnswer(what="mark-up", value=f"{mark.percent:f} %", source=mark.source, status="read")


def _power(system: Chain) -> Iterator[SourceAnswer]:
    for node in system.nodes.values():
        for key in node.power:
            yield SourceAnswer(what=f"electricity by {key.way}", value="", source=key.factor, status=key.status)


def _factors(system: Chain) -> Iterator[SourceAnswer]:
    for node in system.nodes.values():
        for key in node.lines:
            if key.factor is not None and key.inside:
                yield SourceAnswer(what=f"factor of {key.source}", value=key.gas, source=key.factor,
                                   status="recalled" if key.recalled else "ledger")


def warnings(system: Chain) -> list[str]:
    """Warnings in words, each once."""
    return list(dict.fromkeys(_warnings(system)))


def _warnings(system: Chain) -> Iterator[str]:
    for key, uses in system.uses.items():
        node = system.nodes[key]
        where = f"{key.category or key.product} at {key.facility} in {key.year}"
        if node.provisional:
            yield f"{where}: some records are provisional: their closings are missing"
        if node.attributed < 0.0:
            yield f"{where}: own emissions would be below zero, and count as zero"
        for take, use in uses.items():
            if use.way == "unclassified":
                yield (f"{where}: {take.product} states no CN code, or one that is too short: it does not count as "
                       "a precursor")
            if use.way == "default":
                yield f"{where}: {take.product} counts with a default value: its maker has no valid attestation"
            if use.way == "default" and take.country is None:
                yield f"{where}: the country of origin of {take.product} is unknown"
        for line in node.lines:
            if line.recalled and line.inside:
                yield f"{where}: the factor of {line.source} ({line.factor}) is recalled: its source was not checked"
