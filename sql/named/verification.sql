-- name: subject
-- purpose: the record that entered the subject of an attestation, and whether a record with that digest is logged
-- parameters: kind of the subject, its id, digest of a record
SELECT CASE $1::text WHEN 'lot' THEN (SELECT number / 1024 FROM lot WHERE id = $2)
           WHEN 'record' THEN (SELECT index FROM record WHERE digest = decode($2, 'hex')) END AS index,
       EXISTS (SELECT FROM record WHERE digest = $3::bytea) AS logged;

-- name: evidence
-- purpose: bodies with evidence, or with supplies that name declarations, of records and of the records upstream of them,
-- as posted and as revised. One row without index and body has the number of visited records
-- parameters: record indexes, limit of records
WITH RECURSIVE reached (record) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT w.lot / 1024 FROM reached JOIN flow w ON w.record = reached.record
), looked AS MATERIALIZED (SELECT record FROM reached LIMIT $2)
SELECT r.index, r.body, NULL::bigint AS looked FROM looked k JOIN record r ON r.index = k.record
WHERE position('"evidence":['::bytea IN r.body) > 0 OR position('"declaration":"'::bytea IN r.body) > 0
UNION ALL
SELECT w.record, w.body, NULL FROM looked k JOIN revised w ON w.record = k.record AND w.own
WHERE position('"evidence":['::bytea IN w.body) > 0 OR position('"declaration":"'::bytea IN w.body) > 0
UNION ALL
SELECT NULL, NULL, count(*) FROM looked;

-- name: attested
-- purpose: attestations of lots and of the lots upstream of them, of the records that made these, and of their products.
-- One row without lot has the number of visited lots
-- parameters: lot numbers, the newest revision to include, limit of lots, tree size, limit of attestations
WITH RECURSIVE reached (lot) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT w.lot FROM reached JOIN flow w ON w.record = reached.lot / 1024 AND w.version <= $2
), looked AS MATERIALIZED (SELECT lot FROM reached LIMIT $3)
(SELECT k.lot, s.kind, s.record, NULL::bigint AS looked FROM looked k
 JOIN lot l ON l.number = k.lot
 JOIN record r ON r.index = k.lot / 1024
 CROSS JOIN LATERAL (VALUES ('lot', l.id), ('record', encode(r.digest, 'hex')), ('product', l.product))
     AS w (kind, subject)
 JOIN attestation s ON s.kind = w.kind AND s.subject = w.subject
 WHERE s.record < $4 LIMIT $5)
UNION ALL
SELECT NULL, NULL, NULL, count(*) FROM looked;

-- name: pairs
-- purpose: pairs of lots and attestations: the attestation, the parties to the lot, the period of its record, its figures
-- in the tree that the attestation examined and as of the revision, and whether they differ. The record of a lot is read
-- as of the revision
-- parameters: lot numbers, log indexes of attestations (the same number), the newest revision to include
SELECT k.lot AS number, l.id, l.holder, l.owner, l.product, r.issuer AS made_by,
       (SELECT owner FROM product WHERE id = l.product) AS product_owner,
       (SELECT operator FROM facility WHERE id = l.facility) AS operator,
       a.index, encode(a.digest, 'hex') AS digest, a.issuer, a.body, p.pin,
       CASE WHEN r.type = 'transformation' THEN coalesce(w.body, r.body) END AS transformation,
       f.burdens AS attested, g.burdens AS stated,
       EXISTS (SELECT FROM lot_version WHERE number = k.lot AND version + 0 > t.version AND version + 0 <= $3)
           OR ROW(f.burdens || array_fill(
                      0::float8, ARRAY[greatest(cardinality(g.burdens) - cardinality(f.burdens), 0)]),
                  f.content, f.amount) IS DISTINCT FROM ROW(g.burdens, g.content, g.amount) AS lot_revised,
       EXISTS (SELECT FROM revised WHERE record = r.index AND version > t.version AND version <= $3) AS record_revised
FROM unnest($1::text::bigint[], $2::text::bigint[]) AS k (lot, attestation)
JOIN lot l ON l.number = k.lot
JOIN record r ON r.index = k.lot / 1024
JOIN record a ON a.index = k.attestation
LEFT JOIN LATERAL (
    SELECT body FROM revised WHERE record = r.index AND own AND version <= $3 ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (
    SELECT coalesce(substring(convert_from(a.body, 'UTF8') FROM '"treeSize":([0-9]+)')::bigint, a.index) AS pin) p
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT version FROM revision WHERE record < p.pin ORDER BY record DESC LIMIT 1), 0) AS version) t
CROSS JOIN LATERAL (
    SELECT burdens, content, amount FROM figure WHERE lot = k.lot AND version <= t.version
    ORDER BY version DESC LIMIT 1) f
CROSS JOIN LATERAL (
    SELECT burdens, content, amount FROM figure WHERE lot = k.lot AND version <= $3
    ORDER BY version DESC LIMIT 1) g;

-- name: newest_entry
-- purpose: the entry at the end of a tree, with the time of the tree; the tree size is limited to the log's
-- parameters: tree size
SELECT data FROM entry WHERE index = least($1::bigint, (SELECT size FROM head)) - 1;

-- name: data_sources
-- purpose: the record that made a lot, and records upstream of it, as of that revision: the end or the time of each, and
-- for a transfer, an acceptance or an addition, which have the data of their inputs, the records that made these inputs
-- with the quantities. The nearest records first
-- parameters: log index of the record that made the lot, the newest revision to include, limit of records
WITH RECURSIVE reached (record) AS (
    SELECT $1::bigint
    UNION
    SELECT w.lot / 1024 FROM reached
    JOIN record r ON r.index = reached.record AND r.type IN ('transfer', 'acceptance', 'addition')
    CROSS JOIN LATERAL (SELECT coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = r.index AND v.own AND v.version <= $2), 0) AS version) v
    JOIN flow w ON w.record = r.index AND w.version = v.version
), looked AS MATERIALIZED (SELECT record FROM reached LIMIT $3)
SELECT r.index, coalesce(b.body ->> 'end', b.body ->> 'time') AS ended, i.records, i.quantities
FROM looked k
JOIN record r ON r.index = k.record
CROSS JOIN LATERAL (SELECT coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = r.index AND v.own AND v.version <= $2), 0) AS version) v
LEFT JOIN revised w ON w.record = r.index AND w.version = v.version
CROSS JOIN LATERAL (
    SELECT replace(convert_from(coalesce(w.body, r.body), 'UTF8'), '\u0000', '\u0001')::json AS body OFFSET 0) b
CROSS JOIN LATERAL (
    SELECT array_agg(f.lot / 1024) AS records, array_agg(f.quantity::float8) AS quantities FROM flow f
    WHERE r.type IN ('transfer', 'acceptance', 'addition') AND f.record = r.index AND f.version = v.version) i;
