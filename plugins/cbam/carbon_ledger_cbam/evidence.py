"""What the figures rest on, and what a reader has to be told of them."""

from collections.abc import Iterator

from carbon_ledger_cbam.answers import SourceAnswer
from carbon_ledger_cbam.chains import Chain
from carbon_ledger_cbam.uses import Use


def sources(found: Chain) -> list[SourceAnswer]:
    """Rows of annex I, default values with their mark-ups, attestations, grid factors and the ledger's own factors;
    each once."""
    told = [*_goods(found), *_uses(found), *_power(found), *_factors(found)]
    return list(dict.fromkeys(told))


def _goods(found: Chain) -> Iterator[SourceAnswer]:
    for node in found.nodes.values():
        good = node.good
        if good is not None:
            count = "direct emissions alone" if good.direct_only else "direct and indirect emissions"
            yield SourceAnswer(what=f"goods {good.cn}", value=f"{good.category}: {count}", source=good.source,
                               status="recalled" if good.recalled else "read")


def _uses(found: Chain) -> Iterator[SourceAnswer]:
    for uses in found.uses.values():
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


def _power(found: Chain) -> Iterator[SourceAnswer]:
    for node in found.nodes.values():
        for key in node.power:
            yield SourceAnswer(what=f"electricity by {key.way}", value="", source=key.factor, status=key.status)


def _factors(found: Chain) -> Iterator[SourceAnswer]:
    for node in found.nodes.values():
        for key in node.lines:
            if key.factor is not None and key.inside:
                yield SourceAnswer(what=f"factor of {key.source}", value=key.gas, source=key.factor,
                                   status="recalled" if key.recalled else "ledger")


def warnings(found: Chain) -> list[str]:
    """In words, each once."""
    return list(dict.fromkeys(_warnings(found)))


def _warnings(found: Chain) -> Iterator[str]:
    for key, uses in found.uses.items():
        node = found.nodes[key]
        where = f"{key.category or key.product} at {key.facility} in {key.year}"
        if node.provisional:
            yield f"{where}: some records are provisional and wait for a closing"
        if node.attributed < 0.0:
            yield f"{where}: own emissions would be below zero, and count as zero"
        for take, use in uses.items():
            if use.way == "unclassified":
                yield f"{where}: {take.product} states no CN code that says whether it is a precursor: counted as none"
            if use.way == "default":
                yield f"{where}: {take.product} counts with a default value: no valid attestation of its maker"
            if use.way == "default" and take.country is None:
                yield f"{where}: the country of {take.product} is not known"
        for line in node.lines:
            if line.recalled and line.inside:
                yield f"{where}: the factor of {line.source} ({line.factor}) is recalled, not checked"
