"""The shares of a figure that attestations cover, and the attestations in its chain."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy
from asyncpg import Record

from ledger.answers.stored import CountedAttestation, VerifiedAnswer
from ledger.footprint.derived.chain.arrays import Arrays
from ledger.footprint.derived.verified import CATEGORIES, Category, verified_shares
from ledger.footprint.stored.burdens import SLOT
from ledger.host.threads import in_thread
from ledger.service.queries.chain.load import ChainRequest, load_arrays, pinned
from ledger.service.queries.footprint.attestations import attested_lot, judge
from ledger.service.queries.tree_size import AsOf
from ledger.store.columns import list_of
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

SHOWN: Final = 50
MAX_ATTESTATIONS: Final = 10_000
"""The most attestations of one chain that a query examines."""


async def read_verified(
    pool: DatabasePool, lots: Mapping[int, float], as_of: AsOf, most: int
) -> VerifiedAnswer | None:
    """The shares of a sum of lots, by number with their weights; None if no attestation lies in its chain. If more than
    `most` lots lie upstream, the answer has a note instead of shares."""
    as_of = await pinned(pool, as_of)
    rows = await pool.fetch(
        queries("verification")["attested"], list(lots), as_of.version, most + 1, as_of.size, MAX_ATTESTATIONS + 1)
    pairs = sorted({(row["lot"], row["record"]) for row in rows if row["lot"] is not None})
    if any((row["looked"] or 0) > most for row in rows):
        return _no_shares(f"more than {most:,} lots lie upstream, which were not examined for attestations")
    if len(pairs) > MAX_ATTESTATIONS:
        return _no_shares(f"more than {MAX_ATTESTATIONS:,} attestations lie in the chain, which were not examined")
    if not pairs:
        return None
    attested = await pool.fetch(
        queries("verification")["pairs"], list_of([lot for lot, _ in pairs]), list_of([one for _, one in pairs]),
        as_of.version)
    judged = await judge(
        pool, [(row, attested_lot(row, row["made_by"], row["transformation"])) for row in attested], as_of)
    counted = [
        CountedAttestation(
            lot=row["id"], index=row["index"], record=row["digest"], auditor=row["issuer"],
            independent=one.independent, valid_until=one.valid_until, counts_as=one.counts_as,
            not_counted=one.not_counted)
        for row, one in zip(attested, judged, strict=True)
    ]
    best = _strongest(attested, counted)
    shares = dict.fromkeys(CATEGORIES, 0.0)
    if best:
        loaded = await load_arrays(pool, ChainRequest(list(lots), "upstream", as_of))
        shares = await _shares(pool, loaded.arrays, lots, best, as_of)
    return VerifiedAnswer(
        certified_programme=shares["certifiedProgramme"], third_party=shares["thirdParty"],
        second_party=shares["secondParty"], first_party=shares["firstParty"],
        attestations=sorted(counted, key=lambda one: -one.index)[:SHOWN], left_off=max(0, len(counted) - SHOWN),
    )


def _no_shares(note: str) -> VerifiedAnswer:
    return VerifiedAnswer(certified_programme=0.0, third_party=0.0, second_party=0.0, first_party=0.0, note=note)


def _strongest(rows: Sequence[Record], counted: Sequence[CountedAttestation]) -> dict[int, Category]:
    """By lot number, the strongest category under which an attestation of it counts."""
    best: dict[int, Category] = {}
    for category in reversed(CATEGORIES):
        for row, attestation in zip(rows, counted, strict=True):
            if attestation.counts_as == category:
                best[row["number"]] = category
    return best


async def _shares(
    pool: DatabasePool, arrays: Arrays, lots: Mapping[int, float], attested: Mapping[int, Category], as_of: AsOf
) -> dict[Category, float]:
    # A revision may have taken a lot out of the chain.
    numbers = set(arrays.numbers.tolist())
    inside = {number: category for number, category in attested.items() if number in numbers}
    wanted, absolute = numpy.zeros(len(arrays.numbers)), numpy.zeros(len(arrays.numbers))
    for number, weight in lots.items():
        wanted[arrays.position(number)] = weight
    rows = await pool.fetch(
        queries("findings")["questioned"], list_of([*lots, *inside]), as_of.version, SLOT["absGhg"] + 1)
    for row in rows:
        absolute[arrays.position(row["lot"])] = row["questioned"]
    return await in_thread(verified_shares, arrays, wanted, absolute, inside)
