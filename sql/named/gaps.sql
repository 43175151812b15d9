-- name: declarations
-- purpose: declarations by digest, as of that revision
-- parameters: digests, the newest revision to include
SELECT encode(r.digest, 'hex') AS digest, CASE WHEN w.own THEN w.body ELSE r.body END AS body
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
WHERE r.digest = ANY ($1::bytea[]) AND r.type = 'declaration';
