-- name: activated_names
-- purpose: the name of every plugin that was ever activated
SELECT coalesce(array_agg(DISTINCT plugin), '{}') FROM activation;

-- name: policies
-- purpose: all activations of the log's witness policies, in order
-- parameters: the name under which policies are activated
SELECT record, digest, retired FROM activation WHERE plugin = $1 ORDER BY record;

-- name: ledger
SELECT origin, vkey FROM ledger;

-- name: create_ledger
INSERT INTO ledger (origin, vkey) VALUES ($1, $2);

-- name: create_head
INSERT INTO head (size, root, frontier, time) VALUES (0, $1, $2, 0);

-- name: is_empty
SELECT size = 0 FROM head;

-- name: size
SELECT size FROM head;

-- name: head
SELECT size, root FROM head;

-- name: time
-- purpose: the time of the newest entry, in ms since 1970
SELECT time FROM head;

-- name: clock
-- purpose: the clock of the database's host, in ms since 1970
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint;

-- name: settle
-- purpose: if commits wait for a synchronous standby, returns once everything that this session sees is on the standby,
-- because its own commit comes after that
SELECT pg_logical_emit_message(true, 'carbon-ledger', '')
WHERE current_setting('synchronous_standby_names') <> '' AND NOT pg_is_in_recovery();

-- name: tiles
-- purpose: the hashes of full and partial tiles, in one round trip; null if the log is too small for a tile
-- parameters: levels, indexes, widths
SELECT w.level, w.index, w.width,
       CASE WHEN w.width = 256 THEN (SELECT t.hashes FROM tile t WHERE t.level = w.level AND t.index = w.index)
            WHEN w.level = 0 THEN (
                SELECT string_agg(e.leaf_hash, ''::bytea ORDER BY e.index) FROM entry e
                WHERE e.index BETWEEN w.index * 256 AND w.index * 256 + (w.width - 1))
            ELSE (
                SELECT string_agg(t.root, ''::bytea ORDER BY t.index) FROM tile t
                WHERE t.level = w.level - 1 AND t.index BETWEEN w.index * 256 AND w.index * 256 + (w.width - 1))
       END AS hashes
FROM unnest($1::smallint[], $2::bigint[], $3::integer[]) AS w (level, index, width);

-- name: bundle
-- purpose: an entry bundle of C2SP tlog-tiles, with the number of its entries; each entry comes after its length in 2
-- bytes
-- parameters: index and width of the bundle
SELECT count(*) AS width,
       string_agg(decode(lpad(to_hex(length(data)), 4, '0'), 'hex') || data, ''::bytea ORDER BY index) AS bundle
FROM entry WHERE index BETWEEN $1::bigint * 256 AND $1 * 256 + ($2::integer - 1);

-- name: batch_of
-- purpose: the checkpoint of the batch in which an entry was sequenced
SELECT size, root FROM batch WHERE size > $1 ORDER BY size LIMIT 1;

-- name: beginning
-- purpose: the size of the first batch
SELECT size FROM batch ORDER BY size LIMIT 1;

-- name: rules
-- purpose: the log's activations of the ledger's rules, in order
SELECT record, version, digest FROM activation WHERE plugin = 'ledger-rules' ORDER BY record;

-- name: batches
-- parameters: after which size, how many, up to which size
SELECT size, root FROM batch WHERE size > $1 AND size <= $3 ORDER BY size LIMIT $2;

-- name: audit_entries
-- purpose: entries with their bodies and their stored leaf 0, for the replay of an audit
SELECT e.index, e.data, r.type, r.body, r.seed, r.outcome, r.erased FROM entry e LEFT JOIN record r ON r.index = e.index
WHERE e.index >= $1 AND e.index < $2 ORDER BY e.index;

-- name: audit_lots
-- purpose: each lot, with the figures from its own record, as one JSON array, so that this server need not decode it
SELECT l.number / 1024 AS record, json_build_array(
       l.number, l.id, l.product, l.holder, l.role, l.origin, l.quantity::text, l.unit, l.mass::text, l.item,
       -- JSON's null differs from a missing value.
       CASE WHEN l.composition = 'null' THEN '"null"' ELSE l.composition END,
       l.facility, l.process, l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, l.made, l.since, l.place,
       l.carried, f.burdens, f.content, f.amount, f.method, f.plugin, f.share)::text AS lot
FROM lot l JOIN figure f ON f.lot = l.number AND f.version = 0
WHERE l.number >= $1::bigint * 1024 AND l.number < $2::bigint * 1024 ORDER BY l.number;

-- name: audit_makers
-- purpose: the data from which the leaves of records follow, as first committed
-- parameters: record indexes
SELECT index, seed, outcome FROM record WHERE index = ANY ($1::bigint[]);

-- name: audit_made
-- purpose: the lots of records as first committed, each in the form of `audit_lots`
-- parameters: record indexes
SELECT k.record, json_build_array(
       l.number, l.id, l.product, l.holder, l.role, l.origin, l.quantity::text, l.unit, l.mass::text, l.item,
       CASE WHEN l.composition = 'null' THEN '"null"' ELSE l.composition END,
       l.facility, l.process, l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, l.made, l.since, l.place,
       l.carried, f.burdens, f.content, f.amount, f.method, f.plugin, f.share)::text AS lot
FROM unnest($1::bigint[]) AS k (record)
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= k.record * 1024 AND number < (k.record + 1) * 1024 OFFSET 0) l
CROSS JOIN LATERAL (SELECT * FROM figure WHERE lot = l.number AND version = 0 OFFSET 0) f
ORDER BY l.number;

-- name: audit_revisions_of
-- purpose: the revisions of records, each with the record that made it
-- parameters: record indexes
SELECT v.record, n.record AS reviser FROM revised v JOIN revision n ON n.version = v.version
WHERE v.record = ANY ($1::bigint[]) ORDER BY n.record;

-- name: audit_flows
SELECT record, lot, quantity::text FROM flow
WHERE record >= $1 AND record < $2 AND version = 0 ORDER BY record, position;

-- name: audit_versions
-- purpose: the number of rows of each kind for each revision, even of rows that no revision accounts for
-- parameters: tree size
SELECT h.revisions - (SELECT count(*) FROM revision WHERE record >= $1) AS revisions, v.version, v.record,
       (SELECT count(*) FROM revised x WHERE x.version = v.version) AS revised,
       (SELECT count(*) FROM figure x WHERE x.version = v.version AND x.version > 0) AS figures,
       (SELECT count(*) FROM flow x WHERE x.version = v.version AND x.version > 0) AS flows,
       (SELECT count(*) FROM lot_version x WHERE x.version = v.version) AS lots
FROM head h LEFT JOIN (
    SELECT a.version, n.record FROM (
        SELECT version FROM revision UNION SELECT version FROM revised UNION SELECT version FROM lot_version
        UNION SELECT version FROM figure WHERE version > 0 UNION SELECT version FROM flow WHERE version > 0) a
    LEFT JOIN revision n ON n.version = a.version WHERE n.record IS NULL OR n.record < $1) v
    ON true
ORDER BY v.version;

-- name: audit_revised
-- purpose: the records that the record at an index revised, as it left them
-- parameters: index of the revising record, index after which to begin, limit
SELECT v.record, v.own, v.body, v.leaf, v.outcome, v.version, r.seed FROM revision n
JOIN revised v ON v.version = n.version JOIN record r ON r.index = v.record
WHERE n.record = $1 AND v.record > $2 ORDER BY v.record LIMIT $3;

-- name: audit_revised_lots
-- purpose: the lots of records as a revision left them, each in the form of `audit_lots`
-- parameters: version, record indexes
SELECT l.number, coalesce(v.withdrawn, false) AS withdrawn, json_build_array(
       l.number, l.id, l.product, l.holder, l.role, l.origin,
       CASE WHEN v.number IS NULL THEN l.quantity ELSE v.quantity END::text, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END::text, l.item,
       CASE WHEN c.composition = 'null' THEN '"null"' ELSE c.composition END,
       CASE WHEN v.number IS NULL THEN l.facility ELSE v.facility END,
       CASE WHEN v.number IS NULL THEN l.process ELSE v.process END,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, l.made, l.since,
       CASE WHEN v.number IS NULL THEN l.place ELSE v.place END,
       CASE WHEN v.number IS NULL THEN l.carried ELSE v.carried END,
       f.burdens, f.content, f.amount, f.method, f.plugin, f.share)::text AS lot
FROM unnest($2::bigint[]) AS wanted (record)
-- OFFSET 0 forces an index look-up for each record, whatever else is joined.
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= wanted.record * 1024 AND number < (wanted.record + 1) * 1024 OFFSET 0) l
JOIN figure f ON f.lot = l.number AND f.version + 0 = $1
LEFT JOIN LATERAL (
    SELECT number, quantity, mass, composition, facility, process, withdrawn, place, carried FROM lot_version
    WHERE number = l.number AND version <= $1
    ORDER BY version DESC LIMIT 1) v ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN v.number IS NULL THEN l.composition ELSE v.composition END AS composition) c
ORDER BY l.number;

-- name: audit_revised_flows
SELECT record, lot, quantity FROM flow WHERE record = ANY ($2::bigint[]) AND version = $1 ORDER BY record, position;

-- name: audit_numbers
-- purpose: lots of a tree that have a balance, by number
-- parameters: after which number, how many, tree size
SELECT b.lot FROM balance b JOIN lot l ON l.number = b.lot
WHERE b.lot > $1 AND b.lot < $3::bigint * 1024 ORDER BY b.lot LIMIT $2;

-- name: audit_balances
-- purpose: the stored balances, without the effects of records and revisions beyond a tree size
-- parameters: lot numbers, tree size
WITH past AS MATERIALIZED (
    SELECT coalesce((SELECT version FROM revision WHERE record < $2 ORDER BY record DESC LIMIT 1), 0) AS version
), beyond AS MATERIALIZED (
    -- With this order PostgreSQL reads from one end of the index, even if much of the table is beyond.
    SELECT lot FROM flow WHERE record >= $2 ORDER BY record
), changed AS MATERIALIZED (
    SELECT lot FROM beyond
    UNION SELECT f.lot FROM flow f WHERE f.version > (SELECT version FROM past) AND f.version > 0
    UNION SELECT f.lot FROM revised v JOIN flow f ON f.record = v.record
          WHERE v.own AND v.version > (SELECT version FROM past)
    UNION SELECT number FROM lot_version WHERE version > (SELECT version FROM past)
), difference AS MATERIALIZED (
    SELECT l.number, coalesce(o.quantity, l.quantity) - coalesce(n.quantity, l.quantity) AS quantity,
           CASE WHEN o.withdrawn THEN 0 ELSE coalesce(o.quantity, l.quantity) END
           - CASE WHEN n.withdrawn THEN 0 ELSE coalesce(n.quantity, l.quantity) END + t.since AS remaining
    FROM changed c JOIN lot l ON l.number = c.lot CROSS JOIN past
    LEFT JOIN LATERAL (
        SELECT quantity, withdrawn FROM lot_version WHERE number = l.number ORDER BY version DESC LIMIT 1) n ON true
    LEFT JOIN LATERAL (
        SELECT quantity, withdrawn FROM lot_version WHERE number = l.number AND version <= past.version
        ORDER BY version DESC LIMIT 1) o ON true
    CROSS JOIN LATERAL (
        SELECT coalesce(sum(f.quantity) FILTER (WHERE f.version = coalesce(r.newest, 0)), 0)
               - coalesce(sum(f.quantity) FILTER (WHERE f.record < $2 AND f.version = coalesce(r.known, 0)), 0) AS since
        FROM flow f LEFT JOIN LATERAL (
            SELECT max(v.version) AS newest, max(v.version) FILTER (WHERE v.version <= past.version) AS known
            FROM revised v WHERE v.record = f.record AND v.own) r ON true
        WHERE f.lot = l.number) t
    WHERE l.number = ANY ($1::bigint[])
)
SELECT l.number, l.id AS lot, b.remaining + coalesce(d.remaining, 0) AS remaining,
       b.quantity + coalesce(d.quantity, 0) AS quantity
FROM balance b JOIN lot l ON l.number = b.lot LEFT JOIN difference d ON d.number = b.lot
WHERE b.lot = ANY ($1::bigint[]) AND b.lot < $2::bigint * 1024 ORDER BY b.lot;
