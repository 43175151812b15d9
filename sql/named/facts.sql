-- name: lots_by_id
-- purpose: facts and newest figures of lots
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item,
       CASE WHEN v.number IS NULL THEN l.composition ELSE v.composition END AS composition,
       CASE WHEN v.number IS NULL THEN l.facility ELSE v.facility END AS facility,
       CASE WHEN v.number IS NULL THEN l.process ELSE v.process END AS process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, l.made, l.since,
       CASE WHEN v.number IS NULL THEN l.place ELSE v.place END AS place,
       CASE WHEN v.number IS NULL THEN l.carried ELSE v.carried END AS carried,
       coalesce(v.withdrawn, false) AS withdrawn, f.burdens, f.content, f.amount
FROM lot l CROSS JOIN LATERAL (
    SELECT burdens, content, amount FROM figure WHERE lot = l.number ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass, composition, facility, process, withdrawn, place, carried FROM lot_version
    WHERE number = l.number ORDER BY version DESC LIMIT 1) v ON true
WHERE l.id = ANY ($1::text[]);

-- name: pools_named
-- purpose: pools by id, and default pools by holder and product, each with its newest generation
-- parameters: names, holders
SELECT r.body, (SELECT l.id FROM lot l WHERE l.pool = p.id ORDER BY l.number DESC LIMIT 1) AS newest
FROM pool p JOIN record r ON r.index = p.record
WHERE p.id = ANY ($1::text[]) OR (p.is_default AND p.holder = ANY ($2::text[]) AND p.product = ANY ($1::text[]));

-- name: records_named
SELECT encode(digest, 'hex') AS digest, index, type, issuer FROM record WHERE digest = ANY ($1::bytea[]);

-- name: organization_bodies
SELECT r.body FROM organization o JOIN record r ON r.index = o.record WHERE o.id = ANY ($1::text[]);

-- name: facility_bodies
SELECT r.body FROM facility f JOIN record r ON r.index = f.record WHERE f.id = ANY ($1::text[]);

-- name: product_bodies
SELECT r.body FROM product p JOIN record r ON r.index = p.record WHERE p.id = ANY ($1::text[]);

-- name: completions
-- purpose: the completions of products, in log order
SELECT r.index, encode(r.digest, 'hex') AS digest, r.body FROM product_completion c JOIN record r ON r.index = c.record
WHERE c.product = ANY ($1::text[]) ORDER BY c.record;

-- name: bodies_by_digest
SELECT index, digest, body FROM record WHERE digest = ANY ($1::bytea[]);

-- name: given
-- purpose: the declarations that their issuers have given to organisations, or to all, whose name is then empty
-- parameters: digests of declarations, organisations
SELECT encode(r.digest, 'hex') AS digest, g.grantee FROM record r JOIN access_grant g ON g.declaration = r.index
WHERE r.digest = ANY ($1::bytea[]) AND g.grantee = ANY ($2::text[])
UNION
SELECT encode(r.digest, 'hex'), '' FROM record r JOIN published p ON p.declaration = r.index
WHERE r.digest = ANY ($1::bytea[]);

-- name: seen
-- purpose: which organisations were shown a product: with a lot that they received or own, by a publication, or by a
-- grant of its records in full. The limits keep the planner from joining all lots
-- parameters: organisations, products and the owners of the products, side by side
SELECT w.organization, w.product FROM unnest($1::text[], $2::text[], $3::text[]) AS w (organization, product, owner)
CROSS JOIN LATERAL (
    (SELECT FROM lot WHERE holder = w.organization AND product = w.product AND sender IS NOT NULL LIMIT 1)
    UNION ALL
    (SELECT FROM lot WHERE owner = w.organization AND product = w.product LIMIT 1)
    UNION ALL
    (SELECT FROM published WHERE product = w.product LIMIT 1)
    UNION ALL
    (SELECT FROM access_grant WHERE grantee = w.organization AND grantor = w.owner AND depth = 'full'
        AND (product IS NULL OR product = w.product) AND num_nonnulls(lot, declaration, starts, ends) = 0 LIMIT 1)
    LIMIT 1) shown;

-- name: publishing
-- purpose: the products of which an organisation was ever let publish lots
-- parameters: organisations, products and the owners of the products, side by side
SELECT w.organization, w.product FROM unnest($1::text[], $2::text[], $3::text[]) AS w (organization, product, owner)
CROSS JOIN LATERAL (
    SELECT FROM access_grant WHERE publish AND grantee = w.organization AND grantor = w.owner
        AND (product IS NULL OR product = w.product) LIMIT 1) lets;

-- name: in_force
-- purpose: all activations in log order, each row with the log's size, the number of revisions, the newest end of a
-- parent and the newest completion of a product; a single row if there are no activations
SELECT h.size, h.revisions, (SELECT max(record) FROM parent_end) AS parents,
       (SELECT max(record) FROM product_completion) AS completed, a.record, a.plugin, a.version, a.digest, a.retired, a.precedence
FROM head h LEFT JOIN activation a ON true ORDER BY a.record;

-- name: left_parents
-- purpose: the ends of parents, and the announcements of ends, with their entries, in log order
-- parameters: the index after which they come, the index of the last one
SELECT p.record, p.organization, p.announced, e.data FROM parent_end p JOIN entry e ON e.index = p.record
WHERE p.record > $1 AND p.record <= $2 ORDER BY p.record;

-- name: keys
SELECT spki, organization FROM signing_key WHERE keyid = ANY ($1::bytea[]);

-- name: entries_by_digest
-- purpose: the data for receipts of earlier records
SELECT r.index, r.digest, r.type, r.seed, r.outcome, e.data, b.size, b.root
FROM record r JOIN entry e ON e.index = r.index
CROSS JOIN LATERAL (SELECT size, root FROM batch WHERE size > r.index ORDER BY size LIMIT 1) b
WHERE r.digest = ANY ($1::bytea[]);

-- name: lots_of_records
-- purpose: lots that records created, with their first figures, in output order
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, l.quantity, l.unit, l.mass, l.item, l.composition,
       l.facility, l.process, l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, f.burdens, f.content,
       f.amount, f.method, f.plugin, f.share
FROM lot l JOIN figure f ON f.lot = l.number AND f.version = 0
WHERE l.number >= $1::bigint * 1024 AND l.number < ($1::bigint + 1) * 1024 ORDER BY l.number;

-- name: enrolled_ones
-- purpose: organisations that a message proposes; entries of organisations are public
-- parameters: ids
SELECT id FROM organization WHERE id = ANY($1::text[]);

-- name: own_facilities
-- purpose: names that a message proposes to the operator
-- parameters: operator, most
SELECT id FROM facility WHERE operator = $1 LIMIT $2;

-- name: own_products
-- parameters: owner, most
SELECT id FROM product WHERE owner = $1 LIMIT $2;

-- name: own_pools
-- parameters: holder, most
SELECT p.id FROM (SELECT id FROM facility WHERE operator = $1 LIMIT $2) f JOIN pool p ON p.facility = f.id
WHERE p.holder = $1 LIMIT $2;

-- name: own_lots
-- purpose: the newest lots of a holder
-- parameters: holder, most
SELECT id FROM lot WHERE holder = $1 ORDER BY number DESC LIMIT $2;
