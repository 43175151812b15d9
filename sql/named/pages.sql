-- name: names
-- purpose: the records that name organisations, facilities and products, with the organisation behind each
-- parameters: ids
SELECT o.id, o.id AS owner, r.body FROM organization o JOIN record r ON r.index = o.record WHERE o.id = ANY ($1::text[])
UNION ALL SELECT f.id, f.operator, r.body FROM facility f JOIN record r ON r.index = f.record WHERE f.id = ANY ($1::text[])
UNION ALL SELECT p.id, p.owner, r.body FROM product p JOIN record r ON r.index = p.record WHERE p.id = ANY ($1::text[]);

-- name: newest_lots
-- purpose: the newest lots of records that make goods, below a tree size
-- parameters: tree size, limit
SELECT l.number FROM lot l JOIN record r ON r.index = l.number / 1024
WHERE l.number < $1::bigint * 1024 AND r.type IN ('transformation', 'declaration')
ORDER BY l.number DESC LIMIT $2;

-- name: lots_of_record
-- purpose: the lots that a record made
-- parameters: log index, limit
SELECT number FROM lot WHERE number >= $1::bigint * 1024 AND number < ($1::bigint + 1) * 1024 ORDER BY number LIMIT $2;
