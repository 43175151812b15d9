-- name: time
-- purpose: an entry, which contains its time
-- parameters: log index
SELECT data FROM entry WHERE index = $1;

-- name: entered
-- purpose: counts of an issuer's records from an index on, with their newest index: one row for each receiver of its
-- transfers, with the number of accepted ones; and one row for all other records
-- parameters: issuer, first index, limit of records
SELECT t.receiver, count(*) AS records, count(coalesce(a.transfer, v.transfer)) AS accepted, max(r.index) AS newest
FROM (SELECT index FROM record WHERE issuer = $1 AND index >= $2 ORDER BY index LIMIT $3) r
LEFT JOIN transfer t ON t.record = r.index
LEFT JOIN acceptance a ON a.transfer = t.record
LEFT JOIN arrival v ON v.transfer = t.record
GROUP BY t.receiver;

-- name: known
-- purpose: those of these records that are on the log
-- parameters: digests
SELECT digest FROM record WHERE digest = ANY ($1::bytea[]);
