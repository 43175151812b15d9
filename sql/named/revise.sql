-- name: lock_revisions
-- purpose: allows one revision at a time; it takes this lock before the lock of the head
SELECT pg_advisory_xact_lock($1);

-- name: still_here
-- purpose: keeps the database from ending the session as idle
SELECT true;

-- name: head
SELECT size, revisions FROM head;

-- name: descendants
-- purpose: records and all their descendants through flows. If quantities may change, the remainder of a pool's
-- generation passes to the next one, so the addition that made the next one counts as a descendant too
-- parameters: record indexes, whether quantities may change, limit of records
WITH RECURSIVE reached (record) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT found.record FROM reached CROSS JOIN LATERAL (
        SELECT w.record FROM (
            -- The lots of a record are a range of numbers; OFFSET 0 forces an index look-up.
            SELECT record, version FROM flow
            WHERE lot >= reached.record * 1024 AND lot < (reached.record + 1) * 1024 OFFSET 0) w
        WHERE w.version = coalesce((
            SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
        UNION ALL
        SELECT next.number / 1024 FROM (
            SELECT pool, number FROM lot WHERE $2
            AND number >= reached.record * 1024 AND number < (reached.record + 1) * 1024 OFFSET 0) made
        CROSS JOIN LATERAL (
            -- With this order PostgreSQL uses only the index of pools, even if pools seem to be rare.
            SELECT pool, number FROM lot WHERE (pool, number) > (made.pool, made.number) AND pool IS NOT NULL
            ORDER BY pool, number LIMIT 1) next
        WHERE next.pool = made.pool
        ) found
)
SELECT record FROM reached LIMIT $3;

-- name: flows_since
-- purpose: the flows into records from an index on
SELECT record, lot FROM flow WHERE record >= $1;

-- name: additions_since
-- purpose: records from an index on that made generations of pools
-- parameters: pools, index
SELECT number / 1024 AS record FROM lot WHERE pool = ANY ($1::text[]) AND number >= $2::bigint * 1024 ORDER BY number;

-- name: next_additions
-- purpose: the additions that made the next generations of pools
-- parameters: lot numbers
SELECT next.number / 1024 AS record FROM lot l CROSS JOIN LATERAL (
    SELECT pool, number FROM lot WHERE (pool, number) > (l.pool, l.number) AND pool IS NOT NULL
    ORDER BY pool, number LIMIT 1) next
WHERE l.number = ANY ($1::bigint[]) AND next.pool = l.pool;

-- name: newest_before
-- purpose: the newest generation of each pool below a number
-- parameters: pools, lot numbers
SELECT found.id FROM unnest($1::text[], $2::bigint[]) AS wanted (pool, number) CROSS JOIN LATERAL (
    SELECT id, pool FROM lot WHERE (pool, number) < (wanted.pool, wanted.number) AND pool IS NOT NULL
    ORDER BY pool DESC, number DESC LIMIT 1) found
WHERE found.pool = wanted.pool;

-- name: generations_taken
-- purpose: the generations of pools that records take from, as they read now
-- parameters: record indexes
SELECT l.id FROM flow w JOIN lot l ON l.number = w.lot
WHERE w.record = ANY ($1::bigint[]) AND l.pool IS NOT NULL AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0);

-- name: indexes
SELECT index FROM record WHERE digest = ANY ($1::bytea[]);

-- name: provisional
-- purpose: transformations of a facility that were posted as provisional for a period
-- parameters: facility, start, end, first index
SELECT DISTINCT record FROM provisional WHERE facility = $1 AND starts >= $2 AND ends <= $3 AND record >= $4;

-- name: facility
-- purpose: the record that entered a facility; records of the facility are later
SELECT record FROM facility WHERE id = $1;

-- name: final
-- purpose: transformations of a facility as they read now that were not posted as provisional, one page by log index.
-- Canonical JSON writes a field in one way, so the mark finds those of the facility without decoding the others
-- parameters: issuer, first index, limit of records, `"facility":"ID"`
SELECT r.index, CASE WHEN r.type = 'transformation' AND x.body IS NOT NULL AND position($4::bytea IN x.body) > 0
    AND NOT EXISTS (SELECT FROM provisional WHERE record = r.index) THEN x.body END AS body
FROM (SELECT index, type, body FROM record WHERE issuer = $1 AND index >= $2 ORDER BY index LIMIT $3) r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (SELECT CASE WHEN w.own THEN w.body ELSE r.body END AS body OFFSET 0) x
ORDER BY r.index;

-- name: final_lots
-- purpose: the lots that records made, as they are now
-- parameters: record indexes
SELECT l.number, l.id, l.product, l.holder, l.role, l.unit, coalesce(v.quantity, l.quantity) AS quantity,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass
FROM unnest($1::bigint[]) AS wanted (record) CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= wanted.record * 1024 AND number < (wanted.record + 1) * 1024 OFFSET 0) l
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number ORDER BY version DESC LIMIT 1) v ON true
ORDER BY l.number;

-- name: reopened
-- purpose: reopened closings of a facility, by their period
-- parameters: facility, start, end, first index
SELECT c.record FROM closing c JOIN reopening o ON o.closing = c.record
WHERE c.facility = $1 AND c.starts < $3 AND c.ends > $2 AND c.record >= $4;

-- name: posted
SELECT index, body FROM record WHERE index = ANY ($1::bigint[]);

-- name: amendments
-- purpose: the amendments by which issuers changed their records, in order
SELECT v.record, encode(r.digest, 'hex') AS digest, a.body FROM revised v JOIN record r ON r.index = v.record
JOIN revision n ON n.version = v.version JOIN record a ON a.index = n.record
WHERE v.record = ANY ($1::bigint[]) AND v.own AND a.type = 'amendment' ORDER BY v.record, v.version;

-- name: averaged
-- purpose: additions of a period to a facility's pools with period averages
-- parameters: facility, start, end, first index
SELECT r.index AS record FROM pool p JOIN lot l ON l.pool = p.id JOIN record r ON r.index = l.number / 1024
LEFT JOIN LATERAL (
    SELECT body FROM revised WHERE record = r.index AND own ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (SELECT convert_from(coalesce(w.body, r.body), 'UTF8')::jsonb ->> 'time' AS time) t
WHERE p.facility = $1 AND p.averaging = 'period' AND t.time >= $2 AND t.time < $3 AND l.number + 0 >= $4::bigint * 1024;

-- name: posted_provisional
-- purpose: the records that were posted as provisional, with all periods that they have had
SELECT record, starts, ends FROM provisional WHERE record = ANY ($1::bigint[]);

-- name: records
-- purpose: records of flows as they read now; without body if withdrawn
SELECT r.index, r.digest, r.type, r.seed,
       CASE WHEN w.version IS NULL THEN r.body ELSE w.body END AS body, coalesce(o.leaf, r.outcome) AS leaf,
       EXISTS (SELECT FROM erasure WHERE subject = r.index) OR EXISTS (
           SELECT FROM revised v JOIN revision n ON n.version = v.version JOIN erasure e ON e.subject = n.record
           WHERE v.record = r.index AND v.own) AS erased
FROM record r
LEFT JOIN LATERAL (
    SELECT version, body FROM revised WHERE record = r.index AND own ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index ORDER BY version DESC LIMIT 1) o ON true
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index;

-- name: lots_made
SELECT l.number, l.id FROM unnest($1::bigint[]) AS wanted (record) CROSS JOIN LATERAL (
    SELECT number, id FROM lot WHERE number >= wanted.record * 1024 AND number < (wanted.record + 1) * 1024 OFFSET 0) l
ORDER BY l.number;

-- name: rests
-- purpose: the quantities that additions took from the generation before theirs
SELECT w.record, w.lot, w.quantity FROM flow w
WHERE w.record = ANY ($1::bigint[]) AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0);

-- name: disputes_since
-- purpose: whether disputes from an index on have frozen lots
-- parameters: lot numbers, index
SELECT DISTINCT ON (lot) lot, frozen FROM dispute WHERE lot = ANY ($1::bigint[]) AND record >= $2
ORDER BY lot, record DESC;

-- name: erased_since
-- purpose: whether a record from an index on erases another
SELECT EXISTS (SELECT FROM erasure WHERE record >= $1);

-- name: holdings
-- purpose: the lots of items that have a balance, with their remaining quantities
SELECT l.item, l.id, b.remaining FROM lot l JOIN balance b ON b.lot = l.number
WHERE l.item = ANY ($1::text[]) AND b.remaining > 0;

-- name: balances
SELECT lot, remaining FROM balance WHERE lot = ANY ($1::bigint[]);

-- name: update_balances
-- parameters: lot numbers, the remaining quantity of each, the whole quantity of each
UPDATE balance b SET remaining = new.remaining, quantity = new.quantity
FROM unnest($1::bigint[], $2::numeric[], $3::numeric[]) AS new (lot, remaining, quantity) WHERE b.lot = new.lot;

-- name: revised_by
-- purpose: the new results of the records that the record at an index revised, for the leaves of its outcome
SELECT v.record, r.digest, v.outcome FROM revision n JOIN revised v ON v.version = n.version
JOIN record r ON r.index = v.record WHERE n.record = $1 ORDER BY v.record;

-- name: touched_since
-- purpose: records that the revisions after a version have changed, and the records from whose lots they take since
-- parameters: version, limit
SELECT record FROM revised WHERE version > $1
UNION ALL SELECT lot / 1024 FROM flow WHERE version > $1 AND version > 0 LIMIT $2;

-- name: revised_records
-- purpose: revisions with their issuer, entry and number of revised records, the newest first
-- parameters: the version after which, the version before which, limit
SELECT n.version, r.issuer, e.data, v.records FROM (
    SELECT version, record FROM revision WHERE version > $1 AND version < $2 ORDER BY version DESC LIMIT $3) n
CROSS JOIN LATERAL (SELECT issuer FROM record WHERE index = n.record OFFSET 0) r
CROSS JOIN LATERAL (SELECT data FROM entry WHERE index = n.record OFFSET 0) e
CROSS JOIN LATERAL (SELECT count(*) AS records FROM revised WHERE version = n.version) v ORDER BY n.version DESC;
