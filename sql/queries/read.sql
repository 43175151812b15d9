-- name: footprint
-- purpose: all that an answer about one lot is made of, in one row
-- parameters: lot id, the newest revision that counts
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item, l.facility, l.process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, b.remaining, f.version, f.method, f.plugin,
       f.share, f.burdens, f.content, f.amount, r.index, encode(r.digest, 'hex') AS digest, r.type, r.issuer,
       coalesce(o.leaf, r.outcome) AS outcome, w.own IS NOT NULL AND w.body IS NULL AS withdrawn,
       coalesce(w.body, r.body) AS body, i.lots, i.products, i.parts, i.burdens AS input_burdens
FROM lot l
JOIN balance b ON b.lot = l.number
JOIN record r ON r.index = l.number / 1024
CROSS JOIN LATERAL (
    SELECT version, method, plugin, share, burdens, content, amount FROM figure
    WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) o ON true
LEFT JOIN LATERAL (
    SELECT own, version, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (
    SELECT array_agg(x.id ORDER BY w2.position) AS lots, array_agg(x.product ORDER BY w2.position) AS products,
           array_agg(w2.quantity::float8 / coalesce(y.quantity, x.quantity)::float8 ORDER BY w2.position) AS parts,
           array_agg(g.burdens ORDER BY w2.position) AS burdens
    FROM flow w2 JOIN lot x ON x.number = w2.lot
    CROSS JOIN LATERAL (
        SELECT burdens FROM figure WHERE lot = x.number AND version <= f.version
        ORDER BY version DESC LIMIT 1) g
    LEFT JOIN LATERAL (
        SELECT quantity FROM lot_version WHERE number = x.number AND version <= f.version
        ORDER BY version DESC LIMIT 1) y ON true
    WHERE w2.record = r.index AND w2.version = coalesce(w.version, 0)) i
WHERE l.id = $1;

-- name: version_at
-- purpose: the newest revision that a tree of so many entries holds
SELECT coalesce(max(version), 0) FROM revision WHERE record < $1;

-- name: taken_at
-- purpose: what records of a tree of so many entries, as revised until then, take of a lot
-- parameters: lot number, tree size, the newest revision that counts
SELECT coalesce(sum(w.quantity), 0) FROM flow w
WHERE w.lot = $1 AND w.record < $2 AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $3), 0);

-- name: lots
-- purpose: lots by identifier or item, oldest first
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item, l.facility, l.process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, b.remaining, l.number / 1024 AS index,
       w.own IS NOT NULL AND w.body IS NULL AS withdrawn
FROM lot l JOIN balance b ON b.lot = l.number
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = l.number / 1024 AND own ORDER BY version DESC LIMIT 1) w ON true
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
    SELECT w.lot FROM reached JOIN flow w ON w.record = reached.lot / 1024 AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
)
SELECT lot FROM reached LIMIT $2;

-- name: upstream_within
-- purpose: the same, within a number of steps
-- parameters: lot number, at most so many lots, steps
WITH RECURSIVE reached (lot, depth) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT w.lot, reached.depth + 1 FROM reached JOIN flow w ON w.record = reached.lot / 1024 AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
    WHERE reached.depth < $3
)
SELECT DISTINCT lot FROM reached LIMIT $2;

-- name: downstream
-- purpose: every lot that a lot went into, itself included, as one recursive query
-- parameters: lot number, at most so many lots
WITH RECURSIVE reached (lot) AS (
    SELECT $1::bigint
    UNION
    SELECT made.number FROM reached JOIN flow w ON w.lot = reached.lot AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024
)
SELECT lot FROM reached LIMIT $2;

-- name: downstream_within
-- purpose: the same, within a number of steps
-- parameters: lot number, at most so many lots, steps
WITH RECURSIVE reached (lot, depth) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT made.number, reached.depth + 1 FROM reached JOIN flow w ON w.lot = reached.lot AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024
    WHERE reached.depth < $3
)
SELECT DISTINCT lot FROM reached LIMIT $2;

-- name: consumers
-- purpose: records that took from lots, with or without outputs
SELECT DISTINCT w.record FROM flow w WHERE w.lot = ANY ($1::bigint[]) AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0);

-- name: chain_lots
SELECT l.number, l.id, l.product, l.holder, l.role, coalesce(v.quantity, l.quantity) AS quantity, l.unit, l.item,
       l.pool, b.remaining, f.share, f.burdens
FROM lot l JOIN balance b ON b.lot = l.number
CROSS JOIN LATERAL (
    SELECT share, burdens FROM figure WHERE lot = l.number ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT quantity FROM lot_version WHERE number = l.number ORDER BY version DESC LIMIT 1) v ON true
WHERE l.number = ANY ($1::bigint[]) ORDER BY l.number;

-- name: chain_records
SELECT index, encode(digest, 'hex') AS digest, type, issuer FROM record WHERE index = ANY ($1::bigint[])
ORDER BY index;

-- name: chain_flows
-- purpose: the edges from lots of a chain into records of a chain
SELECT w.record, w.lot, w.quantity FROM flow w
WHERE w.record = ANY ($1::bigint[]) AND w.lot = ANY ($2::bigint[]) AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
ORDER BY w.record, w.position;
