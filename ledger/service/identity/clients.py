"""The clients of an organisation: its software and people, each with a secret and scopes."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from asyncpg import Record

from ledger.access.caller import SCOPES, Caller
from ledger.answers.stored import ClientAnswer, ClientPage, NewClientAnswer
from ledger.errors import InvalidInput, NotFound, Refused
from ledger.service.identity.faults import invalid_token
from ledger.service.identity.secrets import SecretHasher, new_secret
from ledger.store.database import DatabasePool
from ledger.store.sql import queries

MOST_CLIENTS: Final = 1_000
"""Clients in force of an organisation."""
PAGE: Final = 100
_LONGEST_NAME: Final = 200


async def add_client(
    pool: DatabasePool, hasher: SecretHasher, caller: Caller, name: str, scopes: Sequence[str]
) -> NewClientAnswer:
    """A new client of the caller's organisation, with its secret, which nobody can read again. Raises InvalidInput,
    Refused, OAuthFault, and Unauthenticated if the caller's key or client has ended meanwhile."""
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise InvalidInput("the name of a client must be printable text", field="name", value=name,
                           rule=f"1 to {_LONGEST_NAME} characters")
    organization = caller.organization
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown or not scopes:
        raise InvalidInput(f"unknown scope {unknown[0]!r}" if unknown else "a client needs a scope", field="scopes",
                           value=unknown[0] if unknown else None, rule=f"one or more of: {', '.join(SCOPES)}")
    client, secret, ordered = secrets.token_urlsafe(12), new_secret(), [one for one in SCOPES if one in scopes]
    row = await pool.fetchrow(queries("identity")["add_client"], client, organization, name, ordered,
                              await hasher.hash(secret), MOST_CLIENTS, caller.keyid, caller.client)
    if row is None:
        raise invalid_token("its key or client has ended")
    if row["created"] is None:
        raise Refused(f"{organization} has {MOST_CLIENTS} clients already", code="too-many-clients",
                      field="organization", value=organization, rule=f"at most {MOST_CLIENTS}; revoke some of them")
    return NewClientAnswer(id=client, name=name, scopes=ordered, created=_spelled(row["created"]),
                           key=row["keyid"], secret=secret)


async def list_clients(pool: DatabasePool, organization: str, after: str, limit: int) -> ClientPage:
    """A page of the clients of an organisation, also of those that have ended."""
    rows = await pool.fetch(queries("identity")["clients"], organization, after, limit + 1)
    page = [_answer(row) for row in rows[:limit]]
    return ClientPage(clients=page, next=page[-1].id if len(rows) > limit else None)


async def revoke_client(pool: DatabasePool, organization: str, client: str) -> None:
    """Revokes a client: its tokens are invalid from now on. Raises NotFound."""
    if await pool.fetchval(queries("identity")["revoke_client"], client, organization) is None:
        raise NotFound(f"{organization} has no client {client!r}", field="client", value=client,
                       rule="the id of a client, as `carbon-ledger client list` shows it")


def _answer(row: Record) -> ClientAnswer:
    revoked = None if row["revoked"] is None else _spelled(row["revoked"])
    return ClientAnswer(id=row["id"], name=row["name"], scopes=row["scopes"], created=_spelled(row["created"]),
                        revoked=revoked, key=row["keyid"], compromised=row["compromised"])


def _spelled(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%SZ}"
