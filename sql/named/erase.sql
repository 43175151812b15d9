-- name: erased
-- purpose: the records whose erasure is on the log
SELECT encode(r.digest, 'hex') AS digest FROM record r JOIN erasure e ON e.subject = r.index
WHERE r.digest = ANY ($1::bytea[]);

-- name: amendments
-- purpose: amendments of the records, without amendments that are erased themselves
SELECT encode(r.digest, 'hex') AS digest, encode(a.digest, 'hex') AS amendment, a.body
FROM record r JOIN revised v ON v.record = r.index AND v.own JOIN revision n ON n.version = v.version
JOIN record a ON a.index = n.record
WHERE r.digest = ANY ($1::bytea[]) AND a.type = 'amendment'
    AND NOT EXISTS (SELECT FROM erasure e WHERE e.subject = a.index);

-- name: pending
-- purpose: records whose erasure is on the log and whose bodies still exist, in the order of the erasures; with whether
-- the erasure is public (in a log with witnesses, once a published head covers it). The service carries erasures out in
-- order, so all erasures after the newest completed one are pending
SELECT e.subject, e.record < coalesce((SELECT max(size) FROM publication), e.record + 1) AS public
FROM (
    SELECT coalesce(max(done.record), -1) AS record FROM (
        SELECT d.record FROM erasure d CROSS JOIN LATERAL (
            SELECT FROM record WHERE index = d.subject AND erased OFFSET 0) r
        ORDER BY d.record DESC LIMIT 1) done) last
-- OFFSET 0 forces a range scan of the index, whatever size the planner expects of an open range.
CROSS JOIN LATERAL (SELECT record, subject FROM erasure WHERE record > last.record OFFSET 0) e ORDER BY e.record;

-- name: lock_body
SELECT body FROM record WHERE index = $1 AND NOT erased FOR NO KEY UPDATE;

-- name: readings
-- purpose: the bodies of a record's later versions; and if it revises others, the bodies of these from then on
SELECT v.record, v.version, v.body FROM revised v WHERE v.record = $1 AND v.own AND v.body IS NOT NULL
UNION
SELECT v.record, v.version, v.body FROM revision n JOIN revised f ON f.version = n.version AND f.own
JOIN revised v ON v.record = f.record AND v.version >= f.version AND v.own AND v.body IS NOT NULL
WHERE n.record = $1;

-- name: leave_residue
UPDATE record SET body = $2, erased = true WHERE index = $1;

-- name: leave_reading
UPDATE revised SET body = $3 WHERE record = $1 AND version = $2;

-- name: erasure_of
-- purpose: the erasure of a record, if it has one
SELECT e.record AS index, encode(r.digest, 'hex') AS digest, e.legal_basis FROM erasure e
JOIN record r ON r.index = e.record WHERE e.subject = $1;
