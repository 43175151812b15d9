"""The completions of a product: its history, for whoever sees the product."""

from datetime import UTC, datetime
from typing import Final

import msgspec
from msgspec import Raw

from ledger.answers.stored import CompletionAnswer
from ledger.core.log.entry import parse_entry
from ledger.core.record.kinds import ProductCompletion
from ledger.service.queries.tree_size import AsOf
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

_completion = msgspec.json.Decoder(ProductCompletion)
_FRAME: Final = ("type", "issuer", "nonce", "product", "reason")


async def read_completions(pool: DatabasePool, product: str, as_of: AsOf) -> list[CompletionAnswer]:
    """In log order."""
    return [
        CompletionAnswer(
            index=row["index"], record=row["digest"], reason=_completion.decode(row["body"]).reason,
            time=f"{datetime.fromtimestamp(parse_entry(bytes(row['data'])).time / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}",
            values={name: value for name, value in msgspec.json.decode(row["body"], type=dict[str, Raw]).items()
                    if name not in _FRAME},
        )
        for row in await pool.fetch(queries("contributions")["completions"], [product], as_of.size)
    ]
