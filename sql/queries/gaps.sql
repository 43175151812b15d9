-- name: lot
SELECT l.number, f.burdens FROM lot l
CROSS JOIN LATERAL (SELECT burdens FROM figure WHERE lot = l.number ORDER BY version DESC LIMIT 1) f
WHERE l.id = $1;

-- name: records
-- purpose: every record behind a lot, its own included
-- parameters: lot number, at most so many records
WITH RECURSIVE reached (record) AS (
    SELECT $1::bigint / 1024
    UNION
    SELECT w.lot / 1024 FROM reached JOIN flow w ON w.record = reached.record AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
)
SELECT record FROM reached LIMIT $2;

-- name: flows
-- purpose: which part of which lot records take, as they read now
-- parameters: record indexes, at most so many flows
SELECT w.record, w.lot, w.quantity::float8 / coalesce(y.quantity, x.quantity)::float8 AS part
FROM flow w JOIN lot x ON x.number = w.lot
LEFT JOIN LATERAL (
    SELECT quantity FROM lot_version WHERE number = w.lot ORDER BY version DESC LIMIT 1) y ON true
WHERE w.record = ANY ($1::bigint[]) AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
ORDER BY w.record, w.position LIMIT $2;

-- name: shares
-- purpose: the parts of their records' burdens that lots carry
SELECT wanted.lot, f.share FROM unnest($1::bigint[]) AS wanted (lot)
CROSS JOIN LATERAL (SELECT share FROM figure WHERE lot = wanted.lot ORDER BY version DESC LIMIT 1) f;

-- name: details
-- purpose: records as they read now, with leaf 0 of their outcomes; no body where one is withdrawn
SELECT r.index, encode(r.digest, 'hex') AS digest, CASE WHEN w.own THEN w.body ELSE r.body END AS body,
       coalesce(o.leaf, r.outcome) AS leaf
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index ORDER BY version DESC LIMIT 1) o ON true
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index;

-- name: declarations
-- purpose: declarations by digest, as they read now
SELECT encode(r.digest, 'hex') AS digest, CASE WHEN w.own THEN w.body ELSE r.body END AS body
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own ORDER BY version DESC LIMIT 1) w ON true
WHERE r.digest = ANY ($1::bytea[]) AND r.type = 'declaration';
