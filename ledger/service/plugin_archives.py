"""The archives of plugin versions in the database: each version that a server has had installed stays runnable.

The tables of a factor set may be licensed to the operator alone. A route gives only the tables of
shared sets.
"""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

import msgspec
from asyncpg import PostgresError

from ledger.admission.rules import RESERVED
from ledger.answers.stored import FACTORS, SECTOR, PluginVersionAnswer
from ledger.engine.sectors import Installed, Registry
from ledger.errors import InvalidInput, NotFound, Unavailable
from ledger.registry.archives import Archive, archive_bytes, archive_of, archive_of_set, read_archive
from ledger.registry.assessing import Earlier, EarlierVersion, LookUp
from ledger.registry.terms import SectorTerms, terms_of
from ledger.sdk import FactorSetVersion
from ledger.store.database import UNREACHABLE, WRITER, DatabasePool
from ledger.store.sessions import close_quietly, connect_as
from ledger.store.sql import queries

_terms = msgspec.json.Decoder(SectorTerms)


async def store_archives(
    pool: DatabasePool, url: str, registry: Registry, progress: Callable[[str], None]
) -> None:
    """Stores the archives of the installed sectors and factor sets that are not stored yet, as the writer of the
    database at `url`. Any number of servers may do it."""
    sql = queries("plugins")
    stored = {row["digest"] for row in await pool.fetch(sql["stored"])}
    missing: list[Installed | FactorSetVersion] = [
        *[one for one in registry.sectors.values() if one.entry and one.digest not in stored],
        *[version for one in registry.sets.values() for version in one.versions
          if version.files and version.digest not in stored],
    ]
    if not missing:
        return
    progress("storing the code of " + ", ".join(one.tag for one in missing))
    connection = await connect_as(WRITER, url)
    try:
        for plugin in missing:
            data = await asyncio.to_thread(_archived, plugin)
            if data is None:
                continue
            terms = None
            if isinstance(plugin, Installed):
                terms = msgspec.json.encode(terms_of(plugin.sector)).decode()
            named = plugin.sector if isinstance(plugin, Installed) else plugin
            await connection.execute(sql["store"], plugin.digest, named.name, named.version, terms, data)
    except (*UNREACHABLE, PostgresError) as error:
        raise Unavailable(f"the database does not answer: {error}", code="database-down") from error
    finally:
        await close_quietly(connection)


def _archived(plugin: Installed | FactorSetVersion) -> bytes | None:
    """The archive; None if the files have changed since this server loaded them."""
    archive = archive_of(plugin.entry) if isinstance(plugin, Installed) else archive_of_set(plugin)
    return archive_bytes(archive) if archive.digest == plugin.digest else None


async def earlier_versions(pool: DatabasePool, known: Sequence[str]) -> Earlier:
    """The archived versions, without the ones whose digests are `known`."""
    rows = await pool.fetch(queries("plugins")["earlier"], list(known))
    return Earlier([
        EarlierVersion(plugin=row["plugin"], digest=row["digest"], terms=_terms.decode(row["terms"]),
                       read=partial(_read_checked, pool, row["digest"]))
        for row in rows if row["terms"] is not None
    ], {row["digest"]: partial(_read_checked, pool, row["digest"]) for row in rows if row["terms"] is None})


def look_up_in(pool: DatabasePool) -> LookUp:
    """`earlier_versions` of this database."""
    return partial(earlier_versions, pool)


def given_sets(registry: Registry) -> list[str]:
    """The names of the installed factor sets whose tables everybody may have."""
    return [name for name, one in registry.sets.items() if one.shared]


async def read_given(pool: DatabasePool, digest: str, sets: Sequence[str]) -> bytes:
    """The archive of the version with this digest, of a sector or of one of these factor sets. Raises InvalidInput or
    NotFound."""
    return await _read_stored(pool, "given_archive", digest, sets)


async def _read_stored(pool: DatabasePool, query: str, digest: str, *more: object) -> bytes:
    if len(digest) != 64 or digest.strip("0123456789abcdef"):
        raise InvalidInput(f"{digest[:80]!r} is not the digest of a plugin", field="digest", value=digest,
                           rule="64 lower-case hexadecimal digits")
    data = await pool.fetchval(queries("plugins")[query], digest, *more)
    if data is None:
        raise NotFound(f"no archive of a plugin with the digest {digest} is stored", field="digest", value=digest,
                       rule="a digest that an activation names, of a version that a server of this log has had; a "
                            "factor set has to allow that everybody gets its tables")
    return bytes(data)


async def _read_checked(pool: DatabasePool, digest: str) -> Archive:
    return await asyncio.to_thread(read_archive, await _read_stored(pool, "archive", digest), digest)


async def read_versions(pool: DatabasePool, sets: Sequence[str]) -> list[PluginVersionAnswer]:
    """Every version of a plugin that the log has ever activated, in the order of their first activations. `sets`: the
    factor sets whose archives everybody may have."""
    return [
        PluginVersionAnswer(
            plugin=row["plugin"], version=row["version"], digest=row["digest"], index=row["record"],
            kind=FACTORS if row["ranked"] else SECTOR, archived=row["archived"],
        )
        for row in await pool.fetch(queries("plugins")["activated"], sorted(RESERVED), sets)
    ]
