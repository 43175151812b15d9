"""The footprint of a lot on one screen, as text for people."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from rich.table import Table

from ledger.answers.products import ProductAnswer
from ledger.answers.stored import AttestationAnswer, FootprintAnswer
from ledger.cli.attestations import verified_lines
from ledger.cli.buyer.averages import kind_note
from ledger.cli.buyer.summary.contributors import contributor_table
from ledger.cli.console import Part, styled
from ledger.cli.findings import answer_findings, sight_line
from ledger.cli.numbers import fixed, per_unit, quantity_words, share_words
from ledger.footprint.derived.completeness import WITHDRAWN, doubtful_of
from ledger.footprint.stored.burdens import vector_of

_SHOWN: Final = 5
"""Findings, and attestations, that are shown."""


def summary_report(answer: FootprintAnswer, ask: Callable[[str], FootprintAnswer]) -> Iterator[Part]:
    """The facts for a purchaser. `ask` gives the figures of the lots that it was made from."""
    lot = answer.lot
    yield styled(f"{answer.title} of {lot.lot}", style="bold")
    each = per_unit(answer.footprint_per_unit, answer.unit)
    yield styled(f"{each}, {fixed(answer.footprint)} kg CO2e in all{kind_note(answer.figure_kind)}", style="bold green")
    yield (f"{quantity_words(lot.quantity)} of {lot.product}, {lot.role}, held by {lot.holder}, record {lot.index}"
           f"{state_of(answer)}")
    yield from [f"{name} resembles: {' '.join(others)}" for name, others in lot.resembles.items()]
    yield _facts(answer)
    if answer.direct is not None:
        yield contributor_table(answer, ask)
    yield from sight_line(answer.sight)
    yield from note_lines(answer)
    yield from answer_findings(answer, answer.questioned_share, _SHOWN)
    yield from _attested(answer)
    yield from answer.limitations
    yield from recalled_line(answer)
    yield "--details shows the whole breakdown, quality, study context, averages and limits"


def state_of(answer: FootprintAnswer) -> str:
    """Unusual states of a lot, each after a comma."""
    lot = answer.lot
    parts = [f"owned by {lot.owner}"] if lot.owner else []
    parts += ["disputed"] if lot.frozen else []
    parts += ["in doubt"] if answer.in_doubt else []
    parts += ["opening stock"] if answer.opening else []
    parts += [f"revised by record {answer.revised_at}"] if answer.revised_at is not None else []
    parts += [f"as of {answer.at} entries"] if answer.at is not None else []
    return "".join(f", {part}" for part in parts)


def reasons(answer: FootprintAnswer) -> str:
    """Why the figure has its title: each doubtful part with its share, and the limit."""
    if answer.title == WITHDRAWN:
        return "the record that made the lot is withdrawn"
    missed = sum([one.kilograms or 0.0 for one in answer.missed_totals])
    shares = doubtful_of(vector_of(answer.burdens), answer.title_limit, beyond=missed).shares
    causes = [f"{name} {percent(share)}" for name, share in shares.items()]
    if answer.open_periods:
        causes[-1] += f" ({months_of(answer)} wait for closings)"
    if answer.unestimated:
        causes.append("something is omitted without an estimate")
    elif answer.title.startswith("incomplete") and shares.get("omitted", 0.0) <= answer.title_limit:
        causes.append("the product has no reference range")
    limit = f"up to {percent(answer.title_limit)} in all the title is `footprint`"
    if not causes:
        return "nothing is omitted, questioned or provisional"
    # Without a share, the limit explains nothing.
    return "; ".join([", ".join(causes), *([limit] if shares else [])])


def months_of(answer: FootprintAnswer | ProductAnswer) -> str:
    """The open periods, as text."""
    months = [f"{one.records} of {one.month} at {one.facility}" for one in answer.open_periods]
    return ", ".join([*months, "and more"] if answer.more_periods else months)


def recalled_line(answer: FootprintAnswer) -> Iterator[str]:
    """The factors of the record behind the lot that nobody checked. `gaps` has the factors of its inputs."""
    if answer.recalled_factors:
        yield ("[recalled] factors of its own record, not checked against their source: "
               f"{', '.join(answer.recalled_factors)}")


def note_lines(answer: FootprintAnswer | ProductAnswer) -> Iterator[str]:
    """The notes about a figure that is unusually high, or rests on its issuers' own word; empty for all others."""
    yield from [note for note in (answer.unusually_high, answer.own_word) if note is not None]


def percent(share: float | None) -> str:
    """A share as text."""
    return "unknown" if share is None else share_words(share)


def recycled_parts(contents: Mapping[str, Mapping[str, float]]) -> Iterator[tuple[str, str]]:
    """The recycled content of each material: its name, and its shares by origin."""
    for material, shares in contents.items():
        yield f"recycled {material}", ", ".join(f"{percent(share)} {origin}" for origin, share in shares.items())


def _facts(answer: FootprintAnswer) -> Table:
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_row("why this title", reasons(answer))
    table.add_row("completeness", f"{answer.completeness}, exempted {answer.exempted}")
    table.add_row("location-based", f"{fixed(answer.location_based)} kg CO2e; market-based "
                                    f"{fixed(answer.market_based)} kg CO2e")
    recycled = list(recycled_parts(answer.recycled_content))
    for name, shares in recycled or [("recycled content", "not stated")]:
        table.add_row(name, shares)
    table.add_row("primary data", percent(answer.primary_share))
    return table


def _attested(answer: FootprintAnswer) -> Iterator[str]:
    """Who attested the figure, in short, and the shares that attestations cover."""
    if not answer.attestations:
        yield "attested: by nobody"
    for attestation in answer.attestations[:_SHOWN]:
        yield f"attested: {_attestation(attestation)}"
    if len(answer.attestations) > _SHOWN:
        yield f"… and {len(answer.attestations) - _SHOWN} more attestations"
    if answer.verified is not None:
        yield from verified_lines(answer.verified)


def _attestation(attestation: AttestationAnswer) -> str:
    parts = [
        f"{attestation.kind} by {attestation.auditor} to {attestation.standard}", f"{attestation.level} assurance",
        attestation.opinion, f"valid until {attestation.valid_until[:10]}",
    ]
    parts += [] if attestation.independent else ["not independent"]
    parts += ["of an earlier figure"] if attestation.outdated else []
    parts += ["does not count: signed by a key reported compromised"] if attestation.in_doubt else []
    if attestation.not_counted is not None:
        parts.append(f"in no verified share: {attestation.not_counted}")
    return ", ".join(parts)
