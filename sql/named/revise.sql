-- name: lock_revisions
-- purpose: one revision at a time, before the head is locked
SELECT pg_advisory_xact_lock($1);

-- name: still_here
-- purpose: a session that says something does not idle
SELECT true;

-- name: head
SELECT size, revisions FROM head;

-- name: descendants
-- purpose: records that take from the lots of records, and from theirs, and so on; themselves included. Where
-- quantities may change, what is left of a pool's generation passes to the next one: its addition counts as well
-- parameters: record indexes, whether quantities may change, at most so many records
WITH RECURSIVE reached (record) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT found.record FROM reached CROSS JOIN LATERAL (
        SELECT w.record FROM (
            -- A record's lots are those of a range of numbers; OFFSET 0 keeps this a look-up by index.
            SELECT record, version FROM flow
            WHERE lot >= reached.record * 1024 AND lot < (reached.record + 1) * 1024 OFFSET 0) w
        WHERE w.version = coalesce((
            SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
        UNION ALL
        SELECT next.number / 1024 FROM (
            SELECT pool, number FROM lot WHERE $2
            AND number >= reached.record * 1024 AND number < (reached.record + 1) * 1024 OFFSET 0) made
        CROSS JOIN LATERAL (
            -- In this order by the index of pools alone, however rare pools seem to be.
            SELECT pool, number FROM lot WHERE (pool, number) > (made.pool, made.number) AND pool IS NOT NULL
            ORDER BY pool, number LIMIT 1) next
        WHERE next.pool = made.pool
        ) found
)
SELECT record FROM reached LIMIT $3;

-- name: flows_since
-- purpose: what records from an index on take
SELECT record, lot FROM flow WHERE record >= $1;

-- name: additions_since
-- purpose: records from an index on that made generations of pools
-- parameters: pools, index
SELECT number / 1024 AS record FROM lot WHERE pool = ANY ($1::text[]) AND number >= $2::bigint * 1024 ORDER BY number;

-- name: next_additions
-- purpose: the records that made the generations after these
-- parameters: lot numbers
SELECT next.number / 1024 AS record FROM lot l CROSS JOIN LATERAL (
    SELECT pool, number FROM lot WHERE (pool, number) > (l.pool, l.number) AND pool IS NOT NULL
    ORDER BY pool, number LIMIT 1) next
WHERE l.number = ANY ($1::bigint[]) AND next.pool = l.pool;

-- name: newest_before
-- purpose: of each pool, the newest generation below a number
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
-- purpose: transformations of a facility that were posted provisional for a period
-- parameters: facility, start, end, index from which on
SELECT DISTINCT record FROM provisional WHERE facility = $1 AND starts >= $2 AND ends <= $3 AND record >= $4;

-- name: reopened
-- purpose: closings of a facility that were opened again, by their period
-- parameters: facility, start, end, index
SELECT c.record FROM closing c JOIN reopening o ON o.closing = c.record
WHERE c.facility = $1 AND c.starts < $3 AND c.ends > $2 AND c.record >= $4;

-- name: posted
SELECT index, body FROM record WHERE index = ANY ($1::bigint[]);

-- name: amendments
-- purpose: by which amendments the issuers of records have changed them, in order
SELECT v.record, encode(r.digest, 'hex') AS digest, a.body FROM revised v JOIN record r ON r.index = v.record
JOIN revision n ON n.version = v.version JOIN record a ON a.index = n.record
WHERE v.record = ANY ($1::bigint[]) AND v.own AND a.type = 'amendment' ORDER BY v.record, v.version;

-- name: averaged
-- purpose: additions of a period to a facility's pools that are averaged over periods
-- parameters: facility, start, end, index from which on
SELECT r.index AS record FROM pool p JOIN lot l ON l.pool = p.id JOIN record r ON r.index = l.number / 1024
LEFT JOIN LATERAL (
    SELECT body FROM revised WHERE record = r.index AND own ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (SELECT convert_from(coalesce(w.body, r.body), 'UTF8')::jsonb ->> 'time' AS time) t
WHERE p.facility = $1 AND p.averaging = 'period' AND t.time >= $2 AND t.time < $3 AND l.number + 0 >= $4::bigint * 1024;

-- name: posted_provisional
-- purpose: those of records that were posted provisional, with each period that they have had
SELECT record, starts, ends FROM provisional WHERE record = ANY ($1::bigint[]);

-- name: records
-- purpose: records of flows as they read now; no body where one is withdrawn
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
-- purpose: what additions took of the generation before theirs
SELECT w.record, w.lot, w.quantity FROM flow w
WHERE w.record = ANY ($1::bigint[]) AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0);

-- name: disputes_since
-- purpose: whether lots are frozen by what records from an index on say
-- parameters: lot numbers, index
SELECT DISTINCT ON (lot) lot, frozen FROM dispute WHERE lot = ANY ($1::bigint[]) AND record >= $2
ORDER BY lot, record DESC;

-- name: erased_since
-- purpose: whether a record from an index on erases another
SELECT EXISTS (SELECT FROM erasure WHERE record >= $1);

-- name: holdings
-- purpose: the lots of items that have a balance, and what is left of them
SELECT l.item, l.id, b.remaining FROM lot l JOIN balance b ON b.lot = l.number
WHERE l.item = ANY ($1::text[]) AND b.remaining > 0;

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

-- name: touched_since
-- purpose: records that the revisions after a version have changed, and those from whose lots they take since
-- parameters: version, at most so many
SELECT record FROM revised WHERE version > $1
UNION ALL SELECT lot / 1024 FROM flow WHERE version > $1 AND version > 0 LIMIT $2;

-- name: revised_records
-- purpose: who has revised how many records, and in which entry, the newest revision first
-- parameters: the version after which, the version before which, at most so many
SELECT n.version, r.issuer, e.data, v.records FROM (
    SELECT version, record FROM revision WHERE version > $1 AND version < $2 ORDER BY version DESC LIMIT $3) n
CROSS JOIN LATERAL (SELECT issuer FROM record WHERE index = n.record OFFSET 0) r
CROSS JOIN LATERAL (SELECT data FROM entry WHERE index = n.record OFFSET 0) e
CROSS JOIN LATERAL (SELECT count(*) AS records FROM revised WHERE version = n.version) v ORDER BY n.version DESC;
