-- name: closings
-- purpose: closings of a tree that may contain the measured amounts of transformations posted as provisional
-- parameters: record indexes, tree size
SELECT DISTINCT p.record, c.record AS closing
FROM unnest($1::bigint[]) AS k (record) JOIN provisional p ON p.record = k.record
JOIN closing c ON c.facility = p.facility AND c.record > p.record AND c.record < $2
ORDER BY p.record, c.record DESC;

-- name: bodies
-- parameters: record indexes
SELECT index, encode(digest, 'hex') AS digest, body FROM record WHERE index = ANY ($1::bigint[]) AND body IS NOT NULL;
