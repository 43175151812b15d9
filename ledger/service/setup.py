"""The first run: schema, log key, origin, the registrar as entry 0, and an activation for each installed plugin."""

import secrets
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import msgspec

from ledger.core.envelope import seal
from ledger.core.frontier import Frontier
from ledger.core.merkle import EMPTY_ROOT
from ledger.core.note import NoteSigner, vkey
from ledger.core.records import Activation, AnyRecord, Organization
from ledger.core.signing import SigningKey, public_key
from ledger.errors import ConfigurationError
from ledger.registry.installed import Registry
from ledger.service.keyfiles import LOG_KEY, REGISTRAR_KEY, key_at, new_nonce
from ledger.service.settings import Settings, check_origin
from ledger.service.submission import Submitter
from ledger.store.database import Pool, migrate, owner_connection
from ledger.store.hosting import Hosted
from ledger.store.sql import queries

# With the same registrar key, and with one that this home made for itself a moment too late.
_ENTERED_BY_ANOTHER = ("organization-taken", "unknown-key", "not-registrar")


class Identity(NamedTuple):
    """Who this ledger is: `signer` signs checkpoints under the origin, `vkey` is what auditors pin."""

    origin: str
    vkey: str
    signer: NoteSigner


def registrar_id(origin: str) -> str:
    """The registrar's identifier: a URN under the ledger's own name."""
    return f"urn:carbon-ledger:{origin}:registrar"


async def establish(settings: Settings, hosted: Hosted) -> Identity:
    """Schema, origin and log key, made where they are missing. Raises ConfigurationError where the log key in the home
    is not the one that this database's log is signed with."""
    await migrate(hosted.owner_url, app_role=hosted.app_role)
    make_home(settings.home)
    key = key_at(settings.home / LOG_KEY, settings.passphrase)
    wanted = settings.origin or f"carbon-ledger/{secrets.token_hex(8)}"
    check_origin(wanted)
    sql = queries("log")
    async with owner_connection(hosted.owner_url) as connection, connection.transaction():
        await connection.execute("LOCK TABLE ledger IN SHARE ROW EXCLUSIVE MODE")
        row = await connection.fetchrow(sql["ledger"])
        if row is None:
            signer = NoteSigner(wanted, key.private)
            await connection.execute(sql["create_ledger"], wanted, vkey_of(signer))
            await connection.execute(sql["create_head"], EMPTY_ROOT, Frontier().to_bytes())
            return Identity(wanted, vkey_of(signer), signer)
    signer = NoteSigner(row["origin"], key.private)
    if settings.origin not in (None, row["origin"]):
        raise ConfigurationError(
            f"CARBON_LEDGER_ORIGIN is {settings.origin}, but this database holds the log {row['origin']}"
        )
    if vkey_of(signer) != row["vkey"]:
        raise ConfigurationError(
            f"{settings.home / LOG_KEY} is not the key of this database's log ({row['vkey']}): bring that key, "
            "or use another database"
        )
    return Identity(row["origin"], row["vkey"], signer)


def vkey_of(signer: NoteSigner) -> str:
    """The log's verifier key as auditors write it down."""
    return vkey(signer.name, signer.verifier.key)


def make_home(home: Path) -> None:
    """Makes the data folder where it is missing; one that is there keeps its mode."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make the data folder {home}: {error.strerror}") from error


async def bootstrap(
    settings: Settings, identity: Identity, pool: Pool, registry: Registry, submitter: Submitter,
    progress: Callable[[str], None],
) -> None:
    """Entry 0 where the log is empty, and activations for installed plugin versions that the log has never seen.

    One that was in force before, or whose sector is retired, is for the registrar to activate: else two replicas with
    different versions would each undo what the other has done, at every start.
    """
    path = settings.home / REGISTRAR_KEY
    empty = await pool.fetchval(queries("log")["is_empty"])
    key = key_at(path, settings.passphrase) if empty else None
    if key is not None:
        progress("entering the registrar as entry 0")
        await _enter(submitter, [_registrar(identity.origin, key)], key, identity.origin)
    elif path.exists():
        key = key_at(path, settings.passphrase)
    seen = {(row["plugin"], row["digest"]) for row in await pool.fetch(queries("log")["activations"])}
    retired = {row["plugin"] for row in await pool.fetch(queries("log")["retired"])}
    missing = [
        one for one in registry.sectors.values()
        if one.sector.name not in retired and (one.sector.name, one.digest) not in seen
    ]
    if missing and key is not None:
        progress("activating " + ", ".join(one.tag for one in missing))
        await _enter(submitter, [
            Activation(issuer=registrar_id(identity.origin), nonce=new_nonce(), plugin=one.sector.name,
                       version=one.sector.version, digest=one.digest) for one in missing
        ], key, identity.origin)


def _registrar(origin: str, key: SigningKey) -> Organization:
    name = registrar_id(origin)
    return Organization(
        issuer=name, nonce=new_nonce(), id=name, keys=[public_key(key, origin, name)], roles=["registrar"],
        names={"en": "Registrar", "zh": "登记机构"},
    )


async def _enter(submitter: Submitter, records: list[AnyRecord], key: SigningKey, origin: str) -> None:
    envelopes = [msgspec.json.encode(seal(record, key, origin)) for record in records]
    for result in await submitter.submit(envelopes):
        # Another replica may have made the first entry a moment ago: then there is nothing left to do.
        if result.error is not None and result.error.code not in _ENTERED_BY_ANOTHER:
            raise result.error
