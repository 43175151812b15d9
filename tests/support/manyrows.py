"""A database with tens of thousands of rows in every table that grows, made in SQL: no ledger, but of a ledger's shape.

Records stand in chains of ten: each but the first takes from the lot of the one before, and each chain is revised once.
Names count up with indexes, which begin where 32 bits end: `lot:3000000070`, and of chains `site:300000007`.
"""

from typing import Final

from support.databases import Database

START: Final = 3_000_000_000
RECORDS: Final = 20_000
CHAIN: Final = 10
PENDING: Final = 50
"""Of so many records, the newest, each second one is still to be erased."""

_BODY: Final = """convert_to(json_build_object(
    'type', t.type, 'issuer', 'org:' || i, 'facility', 'site:' || i / 10, 'process', 'works.make',
    'basis', CASE WHEN i % 2 = 0 THEN 'provisional' ELSE 'final' END, 'time', '2025-03-01T00:00:00Z', 'nonce', i,
    'start', '2025-03-01T00:00:00Z', 'end', '2025-03-02T00:00:00Z')::text, 'UTF8')"""
_TYPE: Final = """(ARRAY['declaration', 'transformation', 'transformation', 'transfer', 'acceptance', 'addition',
    'transformation', 'consumption', 'closing', 'amendment'])[1 + i % 10]"""
_BURDENS: Final = "array_fill(1.5::float8, ARRAY[28])"

_FILLS: Final = {
    "entry (index, data, leaf_hash)": """
        SELECT i, d, sha256('\\x00'::bytea || d) FROM rows
        CROSS JOIN LATERAL (SELECT substring(repeat('.', 34)::bytea || sha256(('key:' || i)::bytea) ||
            repeat('.', 104)::bytea FROM 1 FOR 170) AS d) e""",
    "batch (size, root)": "SELECT i + 1, sha256('') FROM rows",
    "publication (size, note)": "SELECT i + 1, repeat('note ', 40) FROM rows",
    "renewal (size, number, note)": "SELECT i + 1, 1, repeat('note ', 40) FROM rows",
    "tile (level, index, hashes, root)": """
        SELECT 0, i / 10, repeat(' ', 8192)::bytea, sha256('') FROM rows WHERE i % 10 = 0""",
    "record (index, digest, type, issuer, body, seed, outcome, erased, starts, ends)": f"""
        SELECT i, sha256(b), type, 'org:' || i, b, sha256(b),
               CASE WHEN i % 10 IN (1, 5) THEN '"findings":['::bytea ELSE '{{}}'::bytea END,
               i % 2 = 0 AND i < {START + RECORDS - PENDING}, '2025-03-01T00:00:00Z', '2025-03-02T00:00:00Z'
        FROM rows CROSS JOIN LATERAL (SELECT {_TYPE} AS type) t CROSS JOIN LATERAL (SELECT {_BODY} AS b) y""",
    "erasure (record, subject, legal_basis)": "SELECT i, i - 1, 'law' FROM rows WHERE i % 2 = 1",
    "organization (id, record, parent)": """
        SELECT 'org:' || i, i, CASE WHEN i % 10 > 0 THEN 'org:' || i - 1 END FROM rows""",
    "prefix (prefix, organization)": "SELECT 'org:' || i || ':', 'org:' || i FROM rows",
    "signing_key (keyid, spki, organization, record)": """
        SELECT sha256(('key:' || i)::bytea), ('key:' || i)::bytea, 'org:' || i, i FROM rows""",
    "revocation (keyid, record)": "SELECT sha256(('key:' || i)::bytea), i FROM rows",
    "compromise (keyid, record, since)": "SELECT sha256(('key:' || i)::bytea), i, i / 2 FROM rows",
    "key_change (record, organization, recovery)": "SELECT i, 'org:' || i, 'request' FROM rows",
    "facility (id, operator, record)": "SELECT 'site:' || i, 'org:' || i, i FROM rows",
    "product (id, owner, record)": "SELECT 'part:' || i, 'org:' || i, i FROM rows",
    "product_completion (product, record)": "SELECT 'part:' || i, i FROM rows",
    "activation (record, plugin, version, digest, retired)": """
        SELECT i, 'plugin-' || i / 100 % 10, i / 1000, 'digest', false FROM rows WHERE i % 100 = 0""",
    "plugin_archive (digest, plugin, version, terms, archive)": """
        SELECT encode(sha256(i::text::bytea), 'hex'), 'plugin', i::text, '', ''::bytea FROM rows
        WHERE i % 1000 = 0""",
    "transfer (record, receiver, new_lot)": "SELECT i, 'org:' || i, 'lot:' || i FROM rows",
    "acceptance (transfer, record)": "SELECT i, i + 1 FROM rows",
    "standing_acceptance (record, receiver, sender, product)": """
        SELECT i, 'org:' || i / 10, 'org:' || i, CASE WHEN i % 2 = 0 THEN '' ELSE 'part:' || i END FROM rows""",
    "arrival (transfer, rule)": "SELECT i, i FROM rows",
    "access_grant (record, grantor, grantee, link, depth, declaration, expires, publish)": """
        SELECT i, 'org:' || i / 10, CASE WHEN i % 10 > 0 THEN 'org:' || i / 10 END,
               CASE WHEN i % 10 = 0 THEN repeat('a', 64) END, 'full', CASE WHEN i % 10 = 1 THEN i END,
               '2099-01-01T00:00:00Z', i % 10 > 1 FROM rows""",
    "parent_end (record, organization, announced)": "SELECT i, 'org:' || i, false FROM rows WHERE i % 100 = 1",
    "grant_revocation (record, subject)": "SELECT i, i - 1 FROM rows WHERE i % 2 = 1",
    "reader (record, organization)": "SELECT i, 'org:' || i / 10 FROM rows",
    "reader_revocation (record, subject)": "SELECT i, i - 1 FROM rows WHERE i % 2 = 1",
    "published (record, organization, lot, product)": """
        SELECT i, 'org:' || i / 10, CASE WHEN i % 2 = 0 THEN i * 1024 END, CASE WHEN i % 2 = 1 THEN 'part:' || i END
        FROM rows""",
    "access (day, number, owner, data, leaf_hash)": """
        SELECT '2010-01-01'::date + (i % 20)::int, i / 20, 'org:' || i / 10, r.data, sha256('\\x00'::bytea || r.data)
        FROM rows CROSS JOIN LATERAL (SELECT convert_to('row ' || i, 'UTF8') AS data) r""",
    "access_day (day, size, closed)": "SELECT '2010-01-01'::date + (i % 20000)::int, 1000, i % 100 > 0 FROM rows",
    "access_root (day, size, note)": """
        SELECT '2010-01-01'::date + (i % 20000)::int, 1000, repeat('note ', 40) FROM rows""",
    "sector_release (sector, year, size, answer)": """
        SELECT 'sector ' || i % 20, 2000 + i / 20 % 50, i + 1, '{}'::bytea FROM rows""",
    "access_tile (day, level, index, hashes)": """
        SELECT '2010-01-01'::date + (i % 20)::int, i % 2, i / 20, repeat('.', 32)::bytea FROM rows""",
    "publication_end (record, subject)": "SELECT i, i - 1 FROM rows WHERE i % 2 = 1",
    "client (id, organization, scopes, secret, keyid, size)": """
        SELECT 'client:' || i, 'org:' || i / 10, ARRAY['read'], '$argon2id$',
               sha256(('key:' || i)::bytea), i + 1
        FROM rows""",
    "client_name (client, name)": "SELECT 'client:' || i, 'client' FROM rows WHERE i % 2 = 0",
    "client_revocation (client)": "SELECT 'client:' || i FROM rows WHERE i % 2 = 1",
    "token_key (number, salt, log_key)": "SELECT i, sha256(i::text::bytea), 'log+key' FROM rows",
    "spent_id (id, expires)": "SELECT sha256(('spent:' || i)::bytea), now() + interval '1 minute' FROM rows",
    "lot (number, id, product, holder, role, quantity, unit, mass, item, facility, process, pool)": """
        SELECT i * 1024, 'lot:' || i, 'part:' || i / 10, 'org:' || i / 10, 'product', 5, 'KGM', 5, 'item:' || i / 10,
               'site:' || i / 10, 'works.make', CASE WHEN i % 2 = 1 THEN 'pool:' || i / 10 END FROM rows""",
    "figure (lot, version, method, share, burdens, content, amount)": f"""
        SELECT i * 1024, 0, 'method', 1, {_BURDENS}, ARRAY['mass'], ARRAY[5] FROM rows
        UNION ALL SELECT i * 1024, 1 + i / 10, 'method', 1, {_BURDENS}, ARRAY['mass'], ARRAY[5]
        FROM rows WHERE i % 10 IN (2, 3, 4)""",
    "flow (record, position, lot, quantity, version)": """
        SELECT i, 0, (i - 1) * 1024, 1, 0 FROM rows WHERE i % 10 > 0
        UNION ALL SELECT i, 0, (i - 1) * 1024, 1, 1 + i / 10 FROM rows WHERE i % 10 = 3""",
    "balance (lot, remaining, quantity)": "SELECT i * 1024, 4, 5 FROM rows",
    "revision (version, record)": "SELECT 1 + i / 10, i FROM rows WHERE i % 10 = 9",
    "revised (record, version, own, body, leaf, outcome)": f"""
        SELECT i, 1 + i / 10, i % 10 = 3, CASE WHEN i % 10 = 3 THEN {_BODY} END, '{{}}'::bytea,
               sha256('') FROM rows CROSS JOIN LATERAL (SELECT {_TYPE} AS type) t WHERE i % 10 IN (2, 3, 4)""",
    "lot_version (number, version, quantity, mass, withdrawn)": """
        SELECT i * 1024, 1 + i / 10, 4, 4, false FROM rows WHERE i % 10 = 3""",
    "pool (id, holder, facility, product, averaging, is_default, record)": """
        SELECT 'pool:' || i, 'org:' || i, 'site:' || i, 'part:' || i, 'period', true, i FROM rows""",
    "closing (record, facility, starts, ends, processes)": """
        SELECT i, 'site:' || i / 10, '2025-03-01T00:00:00Z', '2025-04-01T00:00:00Z', '{}' FROM rows""",
    "reopening (closing, record)": "SELECT i, i + 1 FROM rows",
    "provisional (record, facility, process, starts, ends)": """
        SELECT i, 'site:' || i / 10, 'works.make', '2025-03-01T00:00:00Z', '2025-03-02T00:00:00Z' FROM rows""",
    "dispute (lot, record, frozen)": "SELECT i * 1024, i, true FROM rows",
    "opening (facility, product, record)": "SELECT 'site:' || i, 'part:' || i, i FROM rows",
    "group_goods (organization, subject, kilograms, record)": "SELECT 'org:' || i / 10, 'code:7214', i, i FROM rows",
    "attestation (record, kind, subject)": "SELECT i, 'lot', 'lot:' || i FROM rows",
    "claim (record, lot)": "SELECT i, 'lot:' || i FROM rows",
    "report (record, subject, starts, ends)": f"""
        SELECT i, 'site:' || i, to_char(date '2000-01-01' + (i - {START})::integer, 'YYYY-MM-DD') || 'T00:00:00Z',
               to_char(date '2000-01-02' + (i - {START})::integer, 'YYYY-MM-DD') || 'T00:00:00Z' FROM rows""",
}


def fill(database: Database, start: int, end: int) -> None:
    """Rows for the records from the `start`-th, below the `end`-th. Nothing but the test gathers statistics of them."""
    database.execute("SET session_replication_role = replica")
    for table, rows in _FILLS.items():
        name = table.partition(" ")[0]
        database.execute(f"ALTER TABLE {name} SET (autovacuum_enabled = false)")
        database.execute(
            f"WITH rows AS (SELECT generate_series({START + start}, {START + end - 1}) AS i) INSERT INTO {table} {rows}"
        )
    database.execute(f"UPDATE head SET size = {START + end}, revisions = {(START + end) // CHAIN}")
    database.execute("SET session_replication_role = origin")
