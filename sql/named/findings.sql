-- The conditions on leaves are spelled as in the indexes record_findings and revised_findings. Leaves are canonical JSON,
-- in which a text cannot contain these marks: its quotes are escaped.

-- name: any
-- purpose: whether some record may have findings
SELECT EXISTS (SELECT FROM record
               WHERE position('"findings":['::bytea IN outcome) > 0 OR position('"made":"'::bytea IN outcome) > 0)
    OR EXISTS (SELECT FROM revised
               WHERE position('"findings":['::bytea IN leaf) > 0 OR position('"made":"'::bytea IN leaf) > 0);

-- name: behind
-- purpose: records and the records upstream of them, by the flows of all revisions (at least the whole chain), whose
-- outcome as of that revision has findings or makes questions, with leaf 0. One row without index and leaf has the
-- number of visited records
-- parameters: record indexes, the newest revision to include, limit of records
WITH RECURSIVE reached (record) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT w.lot / 1024 FROM reached JOIN flow w ON w.record = reached.record AND w.version <= $2
), looked AS MATERIALIZED (SELECT record FROM reached LIMIT $3)
SELECT r.index, r.outcome AS leaf, NULL::bigint AS looked
FROM looked k JOIN record r ON r.index = k.record
    AND (position('"findings":['::bytea IN r.outcome) > 0 OR position('"made":"'::bytea IN r.outcome) > 0)
WHERE NOT EXISTS (SELECT FROM revised WHERE record = k.record AND version <= $2)
UNION ALL
SELECT k.record, o.leaf, NULL FROM looked k
CROSS JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = k.record AND version <= $2 ORDER BY version DESC LIMIT 1) o
WHERE position('"findings":['::bytea IN o.leaf) > 0 OR position('"made":"'::bytea IN o.leaf) > 0
UNION ALL
SELECT NULL, NULL, count(*) FROM looked;

-- name: among
-- purpose: of records, those whose outcome as of that revision has findings or makes questions, with leaf 0
-- parameters: record indexes, the newest revision to include
SELECT r.index, r.outcome AS leaf
FROM unnest($1::text::bigint[]) AS k (record) JOIN record r ON r.index = k.record
    AND (position('"findings":['::bytea IN r.outcome) > 0 OR position('"made":"'::bytea IN r.outcome) > 0)
WHERE NOT EXISTS (SELECT FROM revised WHERE record = k.record AND version <= $2)
UNION ALL
SELECT k.record, o.leaf FROM unnest($1::text::bigint[]) AS k (record)
CROSS JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = k.record AND version <= $2 ORDER BY version DESC LIMIT 1) o
WHERE position('"findings":['::bytea IN o.leaf) > 0 OR position('"made":"'::bytea IN o.leaf) > 0;

-- name: deliveries
-- purpose: lots of some records that organisations hold or own, or that are asked for; of a transfer with the lots that it
-- took, if its issuer made them
-- parameters: record indexes, the organisations, lot numbers, lot ids, the newest revision to include
SELECT l.number AS lot, l.id, s.source FROM unnest($1::bigint[]) AS k (record)
JOIN lot l ON l.number >= k.record * 1024 AND l.number < (k.record + 1) * 1024
    AND (l.holder = ANY ($2::text[]) OR l.owner = ANY ($2::text[]) OR l.number = ANY ($3::bigint[])
         OR l.id = ANY ($4::text[]))
LEFT JOIN LATERAL (
    SELECT DISTINCT w.lot AS source FROM record r
    JOIN flow w ON w.record = r.index AND w.version <= $5
    JOIN record m ON m.index = w.lot / 1024 AND m.issuer = r.issuer
    WHERE r.index = k.record AND r.type = 'transfer') s ON true
ORDER BY l.number;

-- name: questioned
-- purpose: the questionedAbs of lots of which it is above zero, as of that revision
-- parameters: lot numbers, the newest revision to include, position of questionedAbs in a vector, from 1
SELECT k.lot, f.questioned FROM unnest($1::text::bigint[]) AS k (lot)
CROSS JOIN LATERAL (
    SELECT burdens[$3] AS questioned FROM figure WHERE lot = k.lot AND version <= $2
    ORDER BY version DESC LIMIT 1) f
WHERE f.questioned > 0;
