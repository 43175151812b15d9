-- name: members
-- purpose: organisations of a tree below an organisation, at any depth, in log order; of one that has left its parent,
-- the index and the entry of the end
-- parameters: organisation, tree size
WITH RECURSIVE below (id, record) AS (
    SELECT id, record FROM organization WHERE parent = $1 AND record < $2
    UNION
    SELECT o.id, o.record FROM below b JOIN organization o ON o.parent = b.id AND o.record < $2
)
SELECT r.body, p.record AS left, e.data FROM below b JOIN record r ON r.index = b.record
LEFT JOIN parent_end p ON p.organization = b.id AND NOT p.announced AND p.record < $2
LEFT JOIN entry e ON e.index = p.record ORDER BY r.index;

-- name: organization
-- purpose: the record that entered an organisation
-- parameters: organisation, tree size
SELECT r.body FROM organization o JOIN record r ON r.index = o.record WHERE o.id = $1 AND o.record < $2;

-- name: sites
-- purpose: records that entered the facilities of organisations
-- parameters: operators, tree size
SELECT r.body FROM facility f JOIN record r ON r.index = f.record
WHERE f.operator = ANY ($1::text[]) AND f.record < $2 ORDER BY f.record;

-- name: records
-- purpose: records of organisations with flows or emissions, in log order, from one range of the index record_issuer
-- for each organisation
-- parameters: issuers, tree size, limit
SELECT coalesce(array_agg(f.index ORDER BY f.index), '{}') FROM (
    SELECT r.index FROM unnest($1::text[]) AS k (issuer) CROSS JOIN LATERAL (
        SELECT index FROM record WHERE issuer = k.issuer AND index < $2
            AND type IN ('transformation', 'transfer', 'consumption', 'closing') OFFSET 0) r
    LIMIT $3) f;

-- name: movements
-- purpose: records of an organisation by which lots come and go, from one range of the index record_issuer, and
-- deliveries that it has accepted on arrival, unless a dispute took that back, in log order
-- parameters: issuer, tree size, limit
SELECT coalesce(array_agg(f.index ORDER BY f.index), '{}') FROM (
    SELECT index FROM (
        SELECT index FROM record WHERE issuer = $1 AND index < $2
            AND type IN ('transformation', 'transfer', 'consumption', 'declaration', 'acceptance') LIMIT $3) o
    UNION ALL
    SELECT transfer FROM (
        SELECT v.transfer FROM standing_acceptance s JOIN arrival v ON v.rule = s.record
        WHERE s.receiver = $1 AND v.transfer < $2
            AND NOT EXISTS (SELECT FROM dispute d WHERE d.lot = v.transfer * 1024 AND d.record < $2) LIMIT $3) a) f;

-- name: delivered
-- purpose: the lots of transfers
-- parameters: digests of transfers, tree size
SELECT l.number FROM record r JOIN transfer t ON t.record = r.index JOIN lot l ON l.id = t.new_lot
WHERE r.digest = ANY ($1::bytea[]) AND r.index < $2;

-- name: closings
-- purpose: closings in force of facilities whose period overlaps a period, as of that revision
-- parameters: facilities, instants after which one ends and before which one begins, tree size, the newest revision to
-- include
SELECT c.record, c.facility, c.starts, c.ends, r.body, coalesce(o.leaf, r.outcome) AS leaf
FROM unnest($1::text[]) AS k (facility)
-- OFFSET 0 forces a look-up in the index of facilities, whatever else is joined.
CROSS JOIN LATERAL (SELECT * FROM closing WHERE facility = k.facility OFFSET 0) c
JOIN record r ON r.index = c.record
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = c.record AND version <= $5 ORDER BY version DESC LIMIT 1) o ON true
WHERE c.ends > $2 AND c.starts < $3 AND c.record < $4
    AND NOT EXISTS (SELECT FROM reopening p WHERE p.closing = c.record AND p.record < $4)
ORDER BY c.facility, c.starts, c.record;

-- name: taken
-- purpose: the flows into records, as of that revision, in order
-- parameters: record indexes, the newest revision to include
SELECT w.record, w.lot, w.quantity FROM flow w
WHERE w.record = ANY ($1::bigint[]) AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $2), 0)
ORDER BY w.record, w.position;

-- name: made
-- purpose: the lots of records, as of that revision
-- parameters: record indexes, the newest revision to include
SELECT l.number / 1024 AS record, l.product, l.unit, l.role, coalesce(v.quantity, l.quantity) AS quantity,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, f.burdens
FROM unnest($1::bigint[]) AS k (record)
-- OFFSET 0 forces an index look-up for each record, whatever else is joined.
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= k.record * 1024 AND number < (k.record + 1) * 1024 OFFSET 0) l
CROSS JOIN LATERAL (
    SELECT burdens FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
ORDER BY l.number;

-- name: lots
-- purpose: lots, and all lots upstream of them inside a boundary through records that only pass lots on; with the
-- issuers of the records that made them
-- parameters: lot numbers, the newest revision to include, members of the boundary
WITH RECURSIVE reached (lot) AS (
    SELECT DISTINCT number FROM unnest($1::bigint[]) AS wanted (number)
    UNION
    SELECT w.lot FROM reached
    JOIN record r ON r.index = reached.lot / 1024 AND r.type IN ('addition', 'transfer', 'acceptance')
        AND r.issuer = ANY ($3::text[])
    JOIN flow w ON w.record = r.index AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $2), 0)
)
SELECT l.number, l.product, l.unit, l.role, l.owner, l.holder, coalesce(v.quantity, l.quantity) AS quantity,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, f.burdens, m.type, m.issuer, p.operator, p.id AS facility,
       EXISTS (SELECT FROM opening WHERE record = m.index) AS opening
FROM reached k JOIN lot l ON l.number = k.lot JOIN record m ON m.index = l.number / 1024
CROSS JOIN LATERAL (
    SELECT burdens FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass, facility FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN facility p ON p.id = coalesce(v.facility, l.facility) AND l.pool IS NULL
ORDER BY l.number;

-- name: reports
-- purpose: reports on subjects that end in a period, as of that revision; without body if withdrawn
-- parameters: subjects, instants from and until which a report reaches, tree size, the newest revision to include
SELECT t.record AS index, t.subject, CASE WHEN w.own THEN w.body ELSE r.body END AS body
FROM report t JOIN record r ON r.index = t.record
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = t.record AND own AND version <= $5
    ORDER BY version DESC LIMIT 1) w ON true
WHERE t.subject = ANY ($1::text[]) AND t.starts >= $2 AND t.ends <= $3 AND t.record < $4 ORDER BY t.record;
