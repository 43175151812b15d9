"""Sets up a ledger on the first run: schema, log key, origin, the registrar as entry 0, and activations of the newest
rules and of each installed sector and factor set."""

import asyncio
import logging
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from ledger.admission.activations import Activations
from ledger.admission.rules import NEWEST, RULES, Activated, Rules, check_beginning
from ledger.core.log.checkpoint import Checkpoint
from ledger.core.log.frontier import Frontier
from ledger.core.log.merkle import EMPTY_ROOT
from ledger.core.log.note import NoteSigner
from ledger.core.log.policy import Policy
from ledger.core.record.kinds import Activation, AnyRecord, Organization
from ledger.core.signatures.envelope import seal
from ledger.core.signatures.signing import SigningKey, public_key
from ledger.engine.sectors import Registry
from ledger.errors import ConfigurationError, Unavailable
from ledger.host.files.key_files import LOG_KEY, REGISTRAR_KEY, is_in_use, key_at, new_nonce
from ledger.service.heads.heads import memory_of
from ledger.service.heads.keyring import Keyring, log_keys, opened_keyring, vkey_of
from ledger.service.posting.submit import Submitter
from ledger.service.settings import NO_SETS, Settings, check_origin
from ledger.service.witnesses.activated_policy import activation_of, command, read_activated
from ledger.store.anchor import open_anchor, written
from ledger.store.database import Connection, DatabasePool, fitting_schema, owner_connection
from ledger.store.embedded.layout import Layout
from ledger.store.facts import FactLoader
from ledger.store.hosting import Hosted
from ledger.store.migrating.migrate import migrate
from ledger.store.migrating.versions import program_schema
from ledger.store.sql import queries

LOG_MISSING: Final = "log-missing"
_log = logging.getLogger(__name__)
# Refusals because another replica was faster: it has the same registrar key, or this home has made a key of its own a
# moment too late.
_ENTERED_BY_ANOTHER = ("organization-taken", "unknown-key", "not-registrar", "rules-order")


class Identity(NamedTuple):
    """The identity of this ledger. `signer` signs under the origin, with the newest key; new auditors pin `vkey`."""

    origin: str
    vkey: str
    signer: NoteSigner


def registrar_id(origin: str) -> str:
    """The registrar's identifier: a URN with the ledger's origin."""
    return f"urn:carbon-ledger:{origin}:registrar"


def require_whole(settings: Settings) -> None:
    """Raises ConfigurationError if the home shows that its embedded database is lost. To be called before an empty
    database could be made in its place."""
    if settings.database_url is None and not Layout.at(settings.home).data.is_dir():
        _require_new(settings)


def _require_new(settings: Settings) -> None:
    """Raises ConfigurationError if the home's keys or anchors may have signed heads that an empty database lacks.

    A log key that is not marked as in use may be new, such as a key that a cluster's secrets hold.
    """
    anchor = open_anchor(settings.anchor_at)
    keys = [path for path in log_keys(settings.home) if path.name != LOG_KEY or is_in_use(path)]
    evidence = f"{keys[0]} is the key of a log" if keys else None
    for place in (anchor, memory_of(settings, anchor)):
        if evidence is None and place is not None and place.raw() is not None:
            evidence = f"the anchor {place.location} belongs to a log"
    if evidence is not None:
        raise ConfigurationError(
            f"{evidence}, but the database holds no log: nothing is signed", code=LOG_MISSING, field="home",
            value=settings.home,
            rule="bring back the log's database, by `carbon-ledger restore` or CARBON_LEDGER_DATABASE_URL; a new "
                 "ledger needs a home without keys, and an anchor of its own",
        )


async def establish(settings: Settings, hosted: Hosted) -> Keyring:
    """Makes schema, origin, log key and anchor if they are missing, and returns the keys. Raises ConfigurationError if
    a key that signs this database's log is not in the home, or if the database is empty and the home is not."""
    await migrate(hosted.owner_url, program_schema(), app_role=hosted.app_role)
    make_home(settings.home)
    wanted = settings.origin or f"carbon-ledger/{secrets.token_hex(8)}"
    check_origin(wanted)
    sql = queries("log")
    async with owner_connection(hosted.owner_url) as connection:
        async with connection.transaction():
            await connection.execute("LOCK TABLE ledger IN SHARE ROW EXCLUSIVE MODE")
            row = await connection.fetchrow(sql["ledger"])
            if row is None:
                _require_new(settings)
                key = key_at(settings.home / LOG_KEY, settings.passphrase)
                origin, first = wanted, vkey_of(NoteSigner(wanted, key.private))
                await connection.execute(sql["create_ledger"], origin, first)
                await connection.execute(sql["create_head"], EMPTY_ROOT, Frontier().to_bytes())
            else:
                origin, first = row["origin"], row["vkey"]
        if settings.origin not in (None, origin):
            raise ConfigurationError(
                f"CARBON_LEDGER_ORIGIN is {settings.origin}, but this database holds the log {origin}"
            )
        await check_rules_known(connection)
        keyring = await keyring_of(connection, settings, origin, first)
        await _begin(connection, settings, keyring)
    return keyring


async def _begin(connection: Connection, settings: Settings, keyring: Keyring) -> None:
    """Makes the anchor of a new log, and then marks its key files as in use. So an anchor that is missing later was
    lost. If this is interrupted, the next start completes it."""
    if not is_in_use(settings.home / LOG_KEY) and await connection.fetchval(queries("log")["is_empty"]):
        begun = written(Checkpoint(keyring.origin, 0, EMPTY_ROOT), {}, keyring.signers)
        await asyncio.to_thread(open_anchor(settings.anchor_at).update, lambda current: current or begun)
    keyring.mark()


async def keyring_of(connection: Connection, settings: Settings, origin: object, first: object) -> Keyring:
    """The keys of the log with this origin and first vkey, as the database states them. Raises ConfigurationError if a
    key that signs is not in the home, or the database does not state origin and vkey."""
    if not isinstance(origin, str) or not isinstance(first, str):
        raise ConfigurationError(f"the database does not state its log: origin {origin!r}, vkey {first!r}",
                                 field="ledger", rule="the table `ledger` has one row with origin and vkey")
    try:
        return await opened_keyring(connection, settings.home, settings.passphrase, origin, first)
    except Unavailable as error:
        raise ConfigurationError(error.message, code=error.code, field=error.field, value=error.value,
                                 rule=error.rule) from error


async def check_rules_known(connection: Connection) -> None:
    """Raises ConfigurationError unless the log is empty, or this program knows the rules with which it begins, and
    those in force. An audit asks the entries instead: a row of this database may have been tampered with."""
    sql = queries("log")
    first_batch = await connection.fetchval(sql["beginning"])
    if first_batch is None:
        return
    rules = Rules(tuple([Activated(*row) for row in await connection.fetch(sql["rules"])]))
    check_beginning(rules, first_batch)
    try:
        rules.version()
    except Unavailable as error:
        raise ConfigurationError(error.message, code=error.code, field=error.field, value=error.value,
                                 rule=error.rule) from error


async def require_fitting(connection: Connection) -> None:
    """Raises Unavailable if a later version of the program has migrated the database, or put rules into force, that
    this one does not know. A replica that runs meanwhile could not read its records."""
    try:
        await fitting_schema(connection)
        await check_rules_known(connection)
    except ConfigurationError as error:
        raise Unavailable(error.message, code=error.code, field=error.field, value=error.value,
                          rule=error.rule) from error


def identity_of(keyring: Keyring) -> Identity:
    """The identity of the log, with its newest key."""
    return Identity(keyring.origin, keyring.vkey, keyring.signers[-1])


def make_home(home: Path) -> None:
    """Makes the data folder if it is missing. An existing folder keeps its mode."""
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"cannot make the data folder {home}: {error.strerror}") from error


class SetupEntries(NamedTuple):
    """The values that a server needs to enter the registrar's records at its start."""

    settings: Settings
    identity: Identity
    pool: DatabasePool
    submitter: Submitter
    progress: Callable[[str], None]

    @property
    def registrar(self) -> str:
        return registrar_id(self.identity.origin)

    async def enter(self, records: list[AnyRecord], key: SigningKey) -> None:
        """Posts the records. Raises the first refusal, unless it shows that another replica was faster."""
        envelopes = [msgspec.json.encode(seal(record, key, self.identity.origin)) for record in records]
        for result in await self.submitter.submit(envelopes):
            # Another replica may have made the first entries a moment ago: then nothing is left to do.
            if result.error is not None and result.error.code not in _ENTERED_BY_ANOTHER:
                raise result.error


async def bootstrap(entering: SetupEntries, registry: Registry) -> None:
    """On an empty log enters the registrar, the newest rules, and all installed plugins. Later it only activates
    sectors of whose name the log has never had a version, because that changes no price.

    The registrar alone activates another version of a sector, a sector that is retired, or a factor set.
    """
    pool, progress = entering.pool, entering.progress
    empty = await pool.fetchval(queries("log")["is_empty"])
    key = registrar_key(entering.settings, make=empty)
    names = await pool.fetchval(queries("log")["activated_names"])
    missing = [one for one in registry.sectors.values() if one.sector.name not in names]
    tags = [one.tag for one in missing]
    entries: list[AnyRecord] = [
        _activation(entering.registrar, one.sector.name, one.sector.version, one.digest) for one in missing
    ]
    if key is not None and empty:
        progress("entering the registrar as entry 0, and the rules of the ledger")
        sets = sorted(registry.sets.values(), key=lambda one: one.name)
        if entering.settings.factor_sets == NO_SETS:
            sets = []
        # In one request: if it fails, the log stays empty, and the next start enters all of it.
        entries = [_registrar(entering.identity.origin, key), _rules(entering.identity.origin), *entries, *[
            _activation(entering.registrar, one.name, one.newest.version, one.newest.digest, precedence)
            for precedence, one in enumerate(sets, start=1)
        ]]
        tags += [one.newest.tag for one in sets]
    if entries and key is not None:
        if tags:
            progress("activating " + ", ".join(tags))
        await entering.enter(entries, key)
    await _warn_of_newer(pool, registry)


async def _warn_of_newer(pool: DatabasePool, registry: Registry) -> None:
    """Logs one line if installed versions are not the ones in force: which one computes is a decision of the
    registrar."""
    async with pool.acquire() as connection:
        activations = (await FactLoader().in_force(connection)).activations
    waiting = waiting_versions(registry, activations)
    if waiting:
        _log.warning("installed, but not in force on the log: %s: the registrar has to run %s",
                     ", ".join(f"{one.tag} ({one.active} is in force)" for one in waiting),
                     " && ".join(f"`{one.command}`" for one in waiting))


class WaitingVersion(NamedTuple):
    """An installed version that is not in force, whereas the version `active` of its plugin is. `command` puts it into
    force."""

    tag: str
    active: str
    command: str


def waiting_versions(registry: Registry, activations: Activations) -> list[WaitingVersion]:
    """The installed sectors and the newest versions of installed factor sets that wait for the registrar. A version
    that was in force before the present one is no newer version: it does not wait."""
    seen = {(one.plugin, one.digest) for one in activations.entries}
    installed = [
        *[(one.sector.name, one.tag, one.digest) for one in registry.sectors.values()],
        *[(one.name, one.newest.tag, one.newest.digest) for one in registry.sets.values()],
    ]
    active = activations.plugins
    return [
        WaitingVersion(tag, active[name].version, f"carbon-ledger plugin activate {name}")
        for name, tag, digest in sorted(installed) if name in active and (name, digest) not in seen
    ]


async def enter_policy(entering: SetupEntries, policy: Policy) -> None:
    """Enters the activation of a policy that the log has never seen, or logs a warning that tells how the registrar
    enters it."""
    activated = await read_activated(entering.pool)
    if activated.agrees(policy):
        return
    key = registrar_key(entering.settings)
    if key is None or not activated.enters(policy):
        _log.warning("the log does not state that policy %s is in force: the registrar has to run `%s`",
                     policy.digest, command(policy))
        return
    entering.progress(f"activating the witness policy {policy.digest}")
    await entering.enter([activation_of(policy, entering.registrar, new_nonce())], key)


def has_registrar(settings: Settings) -> bool:
    """Whether the home holds the registrar's key."""
    return (settings.home / REGISTRAR_KEY).exists()


def registrar_key(settings: Settings, *, make: bool = False) -> SigningKey | None:
    """The registrar's key in the home; None if it is elsewhere. `make`: make the key if it is missing."""
    return key_at(settings.home / REGISTRAR_KEY, settings.passphrase) if make or has_registrar(settings) else None


def _registrar(origin: str, key: SigningKey) -> Organization:
    name = registrar_id(origin)
    return Organization(
        issuer=name, nonce=new_nonce(), id=name, keys=[public_key(key, origin, name)], roles=["registrar"],
        names={"en": "Registrar", "zh": "登记机构"},
    )


def _rules(origin: str) -> Activation:
    return _activation(registrar_id(origin), RULES, NEWEST.name, NEWEST.digest)


def _activation(issuer: str, plugin: str, version: str, digest: str, precedence: int | None = None) -> Activation:
    return Activation(issuer=issuer, nonce=new_nonce(), plugin=plugin, version=version, digest=digest,
                      precedence=precedence)
