-- name: contents
-- purpose: the amount of one content in lots, for lots that have some
-- parameters: lot numbers, the newest revision to include, the content
SELECT k.lot, f.amount[array_position(f.content, $3)] AS amount FROM unnest($1::bigint[]) AS k (lot)
CROSS JOIN LATERAL (
    SELECT content, amount FROM figure WHERE lot = k.lot AND version <= $2 ORDER BY version DESC LIMIT 1) f
WHERE $3 = ANY (f.content);

-- name: outcomes
-- purpose: leaf 0 of the outcomes of records, as of that revision, without withdrawn records
-- parameters: record indexes, the newest revision to include
SELECT r.index, CASE WHEN o.version IS NULL THEN r.outcome ELSE o.leaf END AS leaf FROM unnest($1::bigint[]) AS k (record)
JOIN record r ON r.index = k.record
LEFT JOIN LATERAL (
    SELECT version, leaf FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) o ON true;

-- name: pools
-- purpose: the facilities of pools
-- parameters: names, tree size
SELECT id, facility FROM pool WHERE id = ANY ($1::text[]) AND record < $2;

-- name: facilities
-- purpose: records that entered facilities
-- parameters: names, tree size
SELECT f.id, r.body FROM facility f JOIN record r ON r.index = f.record
WHERE f.id = ANY ($1::text[]) AND f.record < $2;

-- name: first_products
-- purpose: the products of the first lots of records
-- parameters: numbers of those lots
SELECT number / 1024 AS index, product FROM lot WHERE number = ANY ($1::bigint[]);

-- name: products
-- purpose: records that entered products
-- parameters: names, tree size
SELECT p.id, r.body FROM product p JOIN record r ON r.index = p.record
WHERE p.id = ANY ($1::text[]) AND p.record < $2;

-- name: completions
-- purpose: the completions of products, in log order
-- parameters: names, tree size
SELECT r.index, r.body, encode(r.digest, 'hex') AS digest, e.data FROM product_completion c
JOIN record r ON r.index = c.record JOIN entry e ON e.index = c.record
WHERE c.product = ANY ($1::text[]) AND c.record < $2 ORDER BY c.record;
