-- name: candidates
-- purpose: records that made goods at a facility, now or before an amendment, in log order. Records have no index by
-- facility or time. So this reads a range of the index lot_product for every product of the operator, one row of `lot`
-- for each lot that the operator ever made, and checks lots of other sites for a changed facility. The cost grows with
-- the operator's history, not with the ledger's. The conditions must be the same as in the index
-- parameters: operator, facility, tree size, the newest revision to include, limit
SELECT DISTINCT l.number / 1024 AS record
FROM product p CROSS JOIN LATERAL (
    SELECT number, facility FROM lot WHERE product = p.id AND facility IS NOT NULL AND sender IS NULL AND pool IS NULL
        AND role IN ('product', 'coProduct', 'byProduct') AND number < $3::bigint * 1024 OFFSET 0) l
WHERE p.owner = $1 AND p.record < $3 AND (l.facility = $2 OR EXISTS (
        SELECT FROM lot_version v WHERE v.number = l.number AND v.facility = $2 AND v.version <= $4))
ORDER BY record LIMIT $5;

-- name: productions
-- purpose: transformations at a facility that ended in a period, as of that revision, with leaf 0 of their outcomes,
-- without withdrawn ones. It does not return other bodies, since each may have 1 MiB. JSON may contain \u0000, which
-- PostgreSQL does not allow in text
-- parameters: record indexes, the newest revision to include, facility, instants after which and until which one ended
SELECT r.index, encode(r.digest, 'hex') AS digest, x.body, coalesce(o.leaf, r.outcome) AS leaf
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) o ON true
CROSS JOIN LATERAL (SELECT CASE WHEN w.own THEN w.body ELSE r.body END AS body) x
CROSS JOIN LATERAL (
    SELECT j ->> 'facility' AS facility, j ->> 'end' AS ended
    FROM (SELECT replace(convert_from(x.body, 'UTF8'), '\u0000', '\u0001')::json AS j OFFSET 0) p) t
WHERE r.index = ANY ($1::bigint[]) AND r.type = 'transformation' AND x.body IS NOT NULL
    AND t.facility = $3 AND t.ended > $4 AND t.ended <= $5
ORDER BY r.index;

-- name: made
-- purpose: the lots of records, with their allocation shares, as of that revision
-- parameters: record indexes, the newest revision to include
SELECT l.number, l.id, l.product, l.unit, l.role, coalesce(v.quantity, l.quantity) AS quantity,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, f.share, f.burdens
FROM unnest($1::bigint[]) AS k (record)
-- OFFSET 0 forces an index look-up for each record, whatever else is joined.
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= k.record * 1024 AND number < (k.record + 1) * 1024 OFFSET 0) l
CROSS JOIN LATERAL (
    SELECT share, burdens FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
ORDER BY l.number;

-- name: passed
-- purpose: lots, and all lots upstream of them through records that only pass lots on, as of that revision
-- parameters: lot numbers, the newest revision to include, limit
WITH RECURSIVE reached (lot) AS (
    SELECT DISTINCT number FROM unnest($1::bigint[]) AS wanted (number)
    UNION
    SELECT w.lot FROM reached
    JOIN record r ON r.index = reached.lot / 1024 AND r.type IN ('addition', 'transfer', 'acceptance')
    JOIN flow w ON w.record = r.index AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $2), 0)
)
SELECT l.number, l.id, l.product, l.unit, l.role, coalesce(v.quantity, l.quantity) AS quantity,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, f.burdens, m.type
FROM (SELECT lot FROM reached LIMIT $3) k JOIN lot l ON l.number = k.lot JOIN record m ON m.index = l.number / 1024
CROSS JOIN LATERAL (
    SELECT burdens FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
ORDER BY l.number;

-- name: makers
-- purpose: facility, process and period of records that made lots, as of that revision, with the newest revision of
-- their results
-- parameters: record indexes, the newest revision to include
SELECT r.index, encode(r.digest, 'hex') AS digest, r.type, t.facility, t.process, t.started, t.ended, t.basis,
       coalesce(o.version, 0) AS version
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN LATERAL (
    SELECT version FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) o ON true
CROSS JOIN LATERAL (
    SELECT j ->> 'facility' AS facility, j ->> 'process' AS process, j ->> 'start' AS started, j ->> 'end' AS ended,
           j ->> 'basis' AS basis
    FROM (SELECT replace(convert_from(coalesce(w.body, r.body), 'UTF8'), '\u0000', '\u0001')::json AS j OFFSET 0) p) t
WHERE r.index = ANY ($1::bigint[]);

-- name: attestations
-- purpose: attestations of subjects, newest first, with the auditor, the party that made or owns the subject, and the
-- newest revision before the tree that each examined, without attestations signed by a key that is reported compromised
-- parameters: kinds, subjects (the same number), tree size
SELECT s.kind, s.subject, a.index, encode(a.digest, 'hex') AS digest, a.issuer, a.body,
       CASE s.kind
           WHEN 'lot' THEN (SELECT p.owner FROM lot l JOIN product p ON p.id = l.product WHERE l.id = s.subject)
           WHEN 'product' THEN (SELECT owner FROM product WHERE id = s.subject)
           WHEN 'facility' THEN (SELECT operator FROM facility WHERE id = s.subject)
           WHEN 'record' THEN (SELECT issuer FROM record WHERE digest = decode(s.subject, 'hex'))
       END AS party,
       coalesce((
           SELECT version FROM revision WHERE record < coalesce(
               substring(convert_from(a.body, 'UTF8') FROM '"treeSize":([0-9]+)')::bigint, a.index)
           ORDER BY record DESC LIMIT 1), 0) AS version
FROM unnest($1::text[], $2::text[]) AS k (kind, subject)
JOIN attestation s ON s.kind = k.kind AND s.subject = k.subject
JOIN record a ON a.index = s.record
WHERE s.record < $3 AND NOT EXISTS (
    SELECT FROM compromise c JOIN entry e ON e.index = a.index AND c.keyid = substring(e.data FROM 35 FOR 32)
    WHERE c.since <= a.index AND c.record < $3)
ORDER BY a.index DESC;
