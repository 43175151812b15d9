-- name: masses
-- purpose: the mass in kg of the lots of records, as of that revision, in order
-- parameters: record indexes, the newest revision to include
SELECT l.number, CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass
FROM unnest($1::bigint[]) AS k (record)
-- OFFSET 0 forces an index look-up for each record, whatever else is joined.
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= k.record * 1024 AND number < (k.record + 1) * 1024 OFFSET 0) l
LEFT JOIN LATERAL (
    SELECT number, mass FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
ORDER BY l.number;

-- name: lives
-- purpose: lots of a physical item that transformations made, in log order, with the previous life and the figures as
-- of that revision
-- parameters: item, the newest revision to include, tree size
SELECT l.number, l.previous_life, f.burdens
FROM lot l JOIN record r ON r.index = l.number / 1024 AND r.type = 'transformation'
CROSS JOIN LATERAL (
    SELECT burdens FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT withdrawn FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
WHERE l.item = $1 AND l.role IN ('product', 'coProduct', 'byProduct') AND l.number + 0 < $3::bigint * 1024
    AND v.withdrawn IS NOT TRUE
ORDER BY l.number;

-- name: root
-- purpose: the root of a tree, if a batch ended at its size
-- parameters: tree size
SELECT root FROM batch WHERE size = $1;
