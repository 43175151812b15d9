-- name: entered
-- purpose: whether a product was on the ledger, whether anything was attested, whether any key was reported compromised,
-- and the limits of titles in log order, NULL for the usual one.
-- parameters: product, tree size
WITH limits AS (
    SELECT a.record, CASE WHEN NOT a.retired THEN a.version END AS share FROM activation a
    WHERE a.plugin = 'footprint-limit' AND a.record < $2)
SELECT EXISTS (SELECT FROM product WHERE id = $1 AND record < $2) AS entered,
       EXISTS (SELECT FROM attestation WHERE record < $2) AS attested,
       EXISTS (SELECT FROM compromise WHERE record < $2) AS doubted,
       (SELECT array_agg(a.record ORDER BY a.record) FROM limits a) AS limit_records,
       (SELECT array_agg(a.share ORDER BY a.record) FROM limits a) AS limit_shares;

-- name: made
-- purpose: lots of a product that carry burdens and have a facility, in log order after a lot number. The conditions
-- and the order must be the same as in the index lot_product. The result includes lots that a transfer returned to
-- their owner; `owner` is set only if it is not the holder
-- parameters: product, lot number after which to begin, tree size, limit
SELECT number, facility, unit, owner FROM lot
WHERE (product, number) > ($1, $2) AND (product, number) < ($1, $3::bigint * 1024) AND facility IS NOT NULL
    AND sender IS NULL AND pool IS NULL AND role IN ('product', 'coProduct', 'byProduct')
ORDER BY product, number LIMIT $4;

-- name: ended
-- purpose: starts, ends and allocation keys of transformations, as of that revision, without withdrawn ones. It does
-- not return bodies, since each may have 1 MiB. JSON may contain \u0000, which PostgreSQL does not allow in text
-- parameters: record indexes, the newest revision to include
SELECT r.index, b.body ->> 'start' AS started, b.body ->> 'end' AS ended,
       coalesce(b.body ->> 'allocation', 'mass') AS allocation
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
-- OFFSET 0 converts each body once.
CROSS JOIN LATERAL (
    SELECT replace(convert_from(coalesce(w.body, r.body), 'UTF8'), '\u0000', '\u0001')::json AS body OFFSET 0) b
WHERE r.index = ANY ($1::bigint[]) AND r.type = 'transformation' AND (w.own IS NULL OR w.body IS NOT NULL);

-- name: figures
-- purpose: quantities and burdens of lots, in log order
-- parameters: lot numbers, the newest revision to include
SELECT l.number, l.id, l.facility, coalesce(v.quantity, l.quantity) AS quantity, f.plugin, f.burdens, f.content,
       f.amount, CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass
FROM lot l
CROSS JOIN LATERAL (
    SELECT plugin, burdens, content, amount FROM figure WHERE lot = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
WHERE l.number = ANY ($1::bigint[]) ORDER BY l.number;

-- name: study
-- purpose: the bodies of a product with its completions, and of facilities
-- parameters: product, facilities, tree size
SELECT (SELECT array_agg(r.body ORDER BY r.index) FROM (
            SELECT record FROM product WHERE id = $1
            UNION ALL SELECT record FROM product_completion WHERE product = $1 AND record < $3) n
        JOIN record r ON r.index = n.record) AS products,
       (SELECT array_agg(r.body) FROM facility n JOIN record r ON r.index = n.record
        WHERE n.id = ANY ($2::text[])) AS facilities;

-- name: reasons
-- purpose: why amendments restated records, as of that revision: the newest amendment of each
-- parameters: record indexes, the newest revision to include
SELECT DISTINCT ON (k.record) k.record, r.body
FROM unnest($1::text::bigint[]) AS k (record)
JOIN revised v ON v.record = k.record AND v.own AND v.version <= $2
JOIN revision n ON n.version = v.version
JOIN record r ON r.index = n.record AND r.type = 'amendment'
ORDER BY k.record, v.version DESC;
