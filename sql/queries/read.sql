-- name: footprint
-- purpose: all that an answer about one lot is made of, in one row
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, l.quantity, l.unit, l.mass, l.item, l.facility,
       l.process, l.previous_life, b.remaining, f.from_index, f.method, f.plugin, f.share, f.burdens, f.content,
       f.amount, r.index, encode(r.digest, 'hex') AS digest, r.type, r.issuer, r.outcome, i.lots, i.products, i.parts,
       i.burdens AS input_burdens
FROM lot l
JOIN balance b ON b.lot = l.number
JOIN record r ON r.index = l.number / 1024
CROSS JOIN LATERAL (
    SELECT from_index, method, plugin, share, burdens, content, amount FROM figure
    WHERE lot = l.number ORDER BY from_index DESC LIMIT 1) f
CROSS JOIN LATERAL (
    SELECT array_agg(x.id ORDER BY w.position) AS lots, array_agg(x.product ORDER BY w.position) AS products,
           array_agg(w.quantity::float8 / x.quantity::float8 ORDER BY w.position) AS parts,
           array_agg(g.burdens ORDER BY w.position) AS burdens
    FROM flow w JOIN lot x ON x.number = w.lot
    CROSS JOIN LATERAL (
        SELECT burdens FROM figure WHERE lot = x.number AND from_index <= f.from_index
        ORDER BY from_index DESC LIMIT 1) g
    WHERE w.record = r.index) i
WHERE l.id = $1;

-- name: lots
-- purpose: lots by identifier or item, oldest first
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, l.quantity, l.unit, l.mass, l.item, l.facility,
       l.process, l.previous_life, b.remaining, l.number / 1024 AS index
FROM lot l JOIN balance b ON b.lot = l.number
WHERE l.id = $1 OR l.item = $2 ORDER BY l.number LIMIT 1000;

-- name: record
SELECT r.index, r.digest, r.type, r.issuer, r.body, r.seed, r.outcome, e.data
FROM record r JOIN entry e ON e.index = r.index WHERE r.digest = $1;

-- name: organizations
SELECT r.index, r.body FROM organization o JOIN record r ON r.index = o.record
WHERE r.index > $1 ORDER BY r.index LIMIT $2;

-- name: organization_keys
SELECT encode(s.keyid, 'hex') AS keyid, s.organization, s.record AS "from", v.record AS revoked
FROM signing_key s LEFT JOIN revocation v ON v.keyid = s.keyid WHERE s.organization = ANY ($1::text[])
ORDER BY s.record, s.keyid;

-- name: lot_number
SELECT number FROM lot WHERE id = $1;

-- name: upstream
-- purpose: every lot behind a lot, itself included, as one recursive query
-- parameters: lot number, at most so many lots
WITH RECURSIVE reached (lot) AS (
    SELECT $1::bigint
    UNION
    SELECT w.lot FROM reached JOIN flow w ON w.record = reached.lot / 1024
)
SELECT lot FROM reached LIMIT $2;

-- name: upstream_within
-- purpose: the same, within a number of steps
-- parameters: lot number, at most so many lots, steps
WITH RECURSIVE reached (lot, depth) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT w.lot, reached.depth + 1 FROM reached JOIN flow w ON w.record = reached.lot / 1024
    WHERE reached.depth < $3
)
SELECT DISTINCT lot FROM reached LIMIT $2;

-- name: downstream
-- purpose: every lot that a lot went into, itself included, as one recursive query
-- parameters: lot number, at most so many lots
WITH RECURSIVE reached (lot) AS (
    SELECT $1::bigint
    UNION
    SELECT made.number FROM reached JOIN flow w ON w.lot = reached.lot
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024
)
SELECT lot FROM reached LIMIT $2;

-- name: downstream_within
-- purpose: the same, within a number of steps
-- parameters: lot number, at most so many lots, steps
WITH RECURSIVE reached (lot, depth) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT made.number, reached.depth + 1 FROM reached JOIN flow w ON w.lot = reached.lot
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024
    WHERE reached.depth < $3
)
SELECT DISTINCT lot FROM reached LIMIT $2;

-- name: consumers
-- purpose: records that took from lots, with or without outputs
SELECT DISTINCT record FROM flow WHERE lot = ANY ($1::bigint[]);

-- name: chain_lots
SELECT l.number, l.id, l.product, l.holder, l.role, l.quantity, l.unit, l.item, b.remaining, f.share, f.burdens
FROM lot l JOIN balance b ON b.lot = l.number
CROSS JOIN LATERAL (
    SELECT share, burdens FROM figure WHERE lot = l.number ORDER BY from_index DESC LIMIT 1) f
WHERE l.number = ANY ($1::bigint[]) ORDER BY l.number;

-- name: chain_records
SELECT index, encode(digest, 'hex') AS digest, type, issuer FROM record WHERE index = ANY ($1::bigint[])
ORDER BY index;

-- name: chain_flows
-- purpose: the edges from lots of a chain into records of a chain
SELECT record, lot, quantity FROM flow WHERE record = ANY ($1::bigint[]) AND lot = ANY ($2::bigint[])
ORDER BY record, position;
