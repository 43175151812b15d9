-- name: time
-- purpose: an entry, for its time
-- parameters: log index
SELECT data FROM entry WHERE index = $1;

-- name: entered
-- purpose: what an issuer has entered from an index on: by receiver for its transfers, with how many of them were
-- accepted, together for all else; and the newest index of each
-- parameters: issuer, first index, at most so many records
SELECT t.receiver, count(*) AS records, count(a.transfer) AS accepted, max(r.index) AS newest
FROM (SELECT index FROM record WHERE issuer = $1 AND index >= $2 ORDER BY index LIMIT $3) r
LEFT JOIN transfer t ON t.record = r.index
LEFT JOIN acceptance a ON a.transfer = t.record
GROUP BY t.receiver;

-- name: known
-- purpose: which of these records are on the log
-- parameters: digests
SELECT digest FROM record WHERE digest = ANY ($1::bytea[]);
