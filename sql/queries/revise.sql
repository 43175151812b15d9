-- name: lock_revisions
-- purpose: one revision at a time, before the head is locked
SELECT pg_advisory_xact_lock($1);

-- name: patience
-- purpose: computing takes longer than a stalled replica may
SET LOCAL idle_in_transaction_session_timeout = 0;

-- name: impatience
-- purpose: once the head is locked, as everywhere else
SET LOCAL idle_in_transaction_session_timeout = '30s';

-- name: head
SELECT size, revisions FROM head;

-- name: descendants
-- purpose: records that take from the lots of records, and from theirs, and so on; themselves included
-- parameters: record indexes
WITH RECURSIVE reached (record) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT w.record FROM reached CROSS JOIN LATERAL (
        -- A record's lots are those of a range of numbers; OFFSET 0 keeps this a look-up by index.
        SELECT record, version FROM flow
        WHERE lot >= reached.record * 1024 AND lot < (reached.record + 1) * 1024 OFFSET 0) w
    WHERE w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
)
SELECT record FROM reached ORDER BY record;

-- name: takers_since
-- purpose: records from an index on that take from lots, as they read now
-- parameters: lot numbers, index
SELECT DISTINCT w.record FROM flow w WHERE w.lot = ANY ($1::bigint[]) AND w.record >= $2;

-- name: additions_since
-- purpose: records from an index on that made generations of pools
-- parameters: pools, index
SELECT number / 1024 AS record FROM lot WHERE pool = ANY ($1::text[]) AND number >= $2 * 1024 ORDER BY number;

-- name: pools_taken
-- purpose: from which pools records take, and from which of their generations on
-- parameters: record indexes
SELECT l.pool, min(l.number) / 1024 + 1 AS since FROM flow w JOIN lot l ON l.number = w.lot
WHERE w.record = ANY ($1::bigint[]) AND l.pool IS NOT NULL GROUP BY l.pool;

-- name: lines
-- purpose: the generations of pools
SELECT pool, id FROM lot WHERE pool = ANY ($1::text[]) ORDER BY number;

-- name: indexes
SELECT index FROM record WHERE digest = ANY ($1::bytea[]);

-- name: provisional
-- purpose: transformations of a facility that were posted provisional for a period
-- parameters: facility, start, end
SELECT DISTINCT record FROM provisional WHERE facility = $1 AND starts >= $2 AND ends <= $3;

-- name: posted_provisional
SELECT DISTINCT record FROM provisional WHERE record = ANY ($1::bigint[]);

-- name: records
-- purpose: records of flows as they read now; no body where one is withdrawn
SELECT r.index, r.digest, r.type,
       CASE WHEN w.version IS NULL THEN r.body ELSE w.body END AS body, coalesce(o.leaf, r.outcome) AS leaf
FROM record r
LEFT JOIN LATERAL (
    SELECT version, body FROM revised WHERE record = r.index AND own ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index ORDER BY version DESC LIMIT 1) o ON true
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index;

-- name: lots_made
SELECT l.number, l.id FROM unnest($1::bigint[]) AS wanted (record)
JOIN lot l ON l.number >= wanted.record * 1024 AND l.number < (wanted.record + 1) * 1024 ORDER BY l.number;

-- name: rests
-- purpose: what additions took of the generation before theirs
SELECT w.record, w.lot, w.quantity FROM flow w
WHERE w.record = ANY ($1::bigint[]) AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0);

-- name: balances
SELECT lot, remaining FROM balance WHERE lot = ANY ($1::bigint[]);

-- name: update_balances
-- parameters: lot numbers, what is left of each, how much each is
UPDATE balance b SET remaining = new.remaining, quantity = new.quantity
FROM unnest($1::bigint[], $2::numeric[], $3::numeric[]) AS new (lot, remaining, quantity) WHERE b.lot = new.lot;

-- name: revised_by
-- purpose: what the record at an index made of others, for the leaves of its outcome
SELECT v.record, r.digest, v.outcome FROM revision n JOIN revised v ON v.version = n.version
JOIN record r ON r.index = v.record WHERE n.record = $1 ORDER BY v.record;
