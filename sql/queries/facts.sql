-- name: lots_by_id
-- purpose: static facts and newest figures of lots
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, l.quantity, l.unit, l.mass, l.item, l.composition,
       l.facility, l.process, l.previous_life, f.burdens, f.content, f.amount
FROM lot l CROSS JOIN LATERAL (
    SELECT burdens, content, amount FROM figure WHERE lot = l.number ORDER BY from_index DESC LIMIT 1) f
WHERE l.id = ANY ($1::text[]);

-- name: organization_bodies
SELECT r.body FROM organization o JOIN record r ON r.index = o.record WHERE o.id = ANY ($1::text[]);

-- name: facility_bodies
SELECT r.body FROM facility f JOIN record r ON r.index = f.record WHERE f.id = ANY ($1::text[]);

-- name: product_bodies
SELECT r.body FROM product p JOIN record r ON r.index = p.record WHERE p.id = ANY ($1::text[]);

-- name: bodies_by_digest
SELECT digest, body FROM record WHERE digest = ANY ($1::bytea[]);

-- name: plugins_in_force
SELECT plugin, version, digest FROM (
    SELECT DISTINCT ON (plugin) plugin, version, digest, retired FROM activation ORDER BY plugin, record DESC) newest
WHERE NOT retired;
