-- name: records
-- purpose: whom records concern, by digest, for the policy of reading
-- parameters: digests
SELECT r.index, encode(r.digest, 'hex') AS name, r.type, r.issuer, coalesce(m.products, '{}') AS products,
       CASE r.type
           WHEN 'transfer' THEN replace(convert_from(r.body, 'UTF8'), '\u0000', '\u0001')::json ->> 'time'
           ELSE m.made END AS made,
       CASE r.type
           WHEN 'transfer' THEN (SELECT array[t.receiver] FROM transfer t WHERE t.record = r.index)
           WHEN 'standingAcceptance' THEN (
               SELECT array[s.sender] FROM standing_acceptance s WHERE s.record = r.index)
           WHEN 'grant' THEN (
               SELECT array[g.grantee] FROM access_grant g WHERE g.record = r.index AND g.grantee IS NOT NULL)
           WHEN 'acceptance' THEN (
               SELECT array_agg(DISTINCT l.sender) FROM lot l
               WHERE l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024 AND l.sender IS NOT NULL)
           WHEN 'grant' THEN (SELECT array[g.grantee] FROM access_grant g WHERE g.record = r.index)
           WHEN 'grantRevocation' THEN (
               SELECT array[g.grantee] FROM grant_revocation v JOIN access_grant g ON g.record = v.subject
               WHERE v.record = r.index)
           WHEN 'attestation' THEN (
               SELECT array_agg(s.party) FROM attestation a CROSS JOIN LATERAL (
                   SELECT x.issuer AS party FROM record x
                   WHERE a.kind IN ('record', 'statement') AND encode(x.digest, 'hex') = a.subject
                   UNION ALL SELECT l.holder FROM lot l WHERE a.kind = 'lot' AND l.id = a.subject
                   UNION ALL SELECT p.owner FROM product p WHERE a.kind = 'product' AND p.id = a.subject
                   UNION ALL SELECT f.operator FROM facility f WHERE a.kind = 'facility' AND f.id = a.subject) s
               WHERE a.record = r.index)
       END AS parties
FROM record r
LEFT JOIN LATERAL (
    SELECT max(l.made) AS made, array_agg(DISTINCT l.product) AS products FROM lot l
    WHERE l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024) m ON true
WHERE r.digest = ANY ($1::bytea[]);

-- name: lots
-- purpose: whom lots concern, by the id of a lot, item or pool, for the policy of reading
-- parameters: names
SELECT n.place, n.name, l.number, l.product, l.holder, l.owner, l.sender, r.index, r.type, r.issuer,
       CASE r.type
           WHEN 'transfer' THEN replace(convert_from(r.body, 'UTF8'), '\u0000', '\u0001')::json ->> 'time'
           ELSE l.made END AS made,
       (SELECT t.receiver FROM transfer t WHERE t.record = r.index) AS receiver,
       l.facility, (SELECT f.operator FROM facility f WHERE f.id = l.facility) AS operator
FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE id = n.name
    UNION ALL SELECT * FROM lot WHERE item = n.name
    UNION ALL (SELECT * FROM lot WHERE pool = n.name ORDER BY number DESC LIMIT 1)) l
JOIN record r ON r.index = l.number / 1024;

-- name: organizations
-- purpose: the organisations that names stand for: an organisation, or the operator or owner of a facility or product
-- parameters: names
SELECT n.place, n.name, s.organization FROM unnest($1::text[]) WITH ORDINALITY AS n (name, place)
CROSS JOIN LATERAL (
    SELECT id AS organization FROM organization WHERE id = n.name
    UNION ALL SELECT operator FROM facility WHERE id = n.name
    UNION ALL SELECT owner FROM product WHERE id = n.name) s;

-- name: reached
-- purpose: records upstream of lots as far as some organisations made them, and the records where that ends
-- parameters: lot numbers, the organisations, the newest revision to include, limit of records
WITH RECURSIVE reached (record, issuer) AS (
    SELECT r.index, r.issuer FROM record r WHERE r.index = ANY (
        SELECT DISTINCT k.lot / 1024 FROM unnest($1::bigint[]) AS k (lot))
    UNION
    SELECT r.index, r.issuer FROM reached
    JOIN flow w ON w.record = reached.record AND w.version <= $3 AND reached.issuer = ANY ($2::text[])
    JOIN record r ON r.index = w.lot / 1024
)
SELECT record, issuer, issuer = ANY ($2::text[]) AS visible FROM reached LIMIT $4;

-- name: issuers
-- purpose: whose records are upstream of lots, for the access log
-- parameters: lot numbers, the newest revision to include
WITH RECURSIVE reached (record) AS (
    SELECT DISTINCT k.lot / 1024 FROM unnest($1::bigint[]) AS k (lot)
    UNION
    SELECT w.lot / 1024 FROM reached JOIN flow w ON w.record = reached.record AND w.version <= $2
)
SELECT DISTINCT r.issuer FROM reached JOIN record r ON r.index = reached.record;

-- name: made
-- purpose: the facts of records that decide whether a grant covers them
-- parameters: record indexes
SELECT k.place, r.index, r.type, r.issuer, coalesce(m.products, '{}') AS products,
       CASE r.type
           WHEN 'transfer' THEN replace(convert_from(r.body, 'UTF8'), '\u0000', '\u0001')::json ->> 'time'
           ELSE m.made END AS made
FROM unnest($1::bigint[]) WITH ORDINALITY AS k (record, place) JOIN record r ON r.index = k.record
CROSS JOIN LATERAL (
    SELECT max(l.made) AS made, array_agg(DISTINCT l.product) AS products FROM lot l
    WHERE l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024) m;

-- name: taken
-- purpose: the lots that records take
-- parameters: record indexes, the newest revision to include
SELECT DISTINCT w.lot FROM unnest($1::bigint[]) AS k (record) JOIN flow w ON w.record = k.record AND w.version <= $2;

-- name: concerns
-- purpose: whom records concern, by log index, for the policy of reading; parties and lots only of records of others
-- parameters: record indexes, the organisations whose records are visible as a whole
SELECT r.index, r.type, r.issuer, coalesce(m.products, '{}') AS products,
       CASE r.type
           WHEN 'transfer' THEN replace(convert_from(r.body, 'UTF8'), '\u0000', '\u0001')::json ->> 'time'
           ELSE m.made END AS made,
       CASE r.type
           WHEN 'transfer' THEN (SELECT array[t.receiver] FROM transfer t WHERE t.record = r.index)
           WHEN 'standingAcceptance' THEN (
               SELECT array[s.sender] FROM standing_acceptance s WHERE s.record = r.index)
           WHEN 'acceptance' THEN (
               SELECT array_agg(DISTINCT l.sender) FROM lot l
               WHERE l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024 AND l.sender IS NOT NULL)
           WHEN 'grant' THEN (SELECT array[g.grantee] FROM access_grant g WHERE g.record = r.index)
           WHEN 'grantRevocation' THEN (
               SELECT array[g.grantee] FROM grant_revocation v JOIN access_grant g ON g.record = v.subject
               WHERE v.record = r.index)
           WHEN 'attestation' THEN (
               SELECT array_agg(s.party) FROM attestation a CROSS JOIN LATERAL (
                   SELECT x.issuer AS party FROM record x
                   WHERE a.kind IN ('record', 'statement') AND encode(x.digest, 'hex') = a.subject
                   UNION ALL SELECT l.holder FROM lot l WHERE a.kind = 'lot' AND l.id = a.subject
                   UNION ALL SELECT p.owner FROM product p WHERE a.kind = 'product' AND p.id = a.subject
                   UNION ALL SELECT f.operator FROM facility f WHERE a.kind = 'facility' AND f.id = a.subject) s
               WHERE a.record = r.index)
       END AS parties
FROM unnest($1::bigint[]) AS k (record) JOIN record r ON r.index = k.record
CROSS JOIN LATERAL (
    SELECT max(l.made) AS made, array_agg(DISTINCT l.product) AS products FROM lot l
    WHERE r.issuer <> ALL ($2::text[]) AND l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024) m;

-- name: revisers
-- purpose: the records that revise records of some organisations
-- parameters: the organisations, tree size
SELECT n.record FROM revision n WHERE n.record < $2 AND EXISTS (
    SELECT FROM revised v JOIN record r ON r.index = v.record
    WHERE v.version = n.version AND r.issuer = ANY ($1::text[]))
ORDER BY n.record;

-- name: readable_lots
-- purpose: the lots that some organisations hold, by number, from ranges of the index lot_holder
-- parameters: after which number, how many, tree size, the organisations
SELECT l.number AS lot FROM unnest($4::text[]) AS h (id) CROSS JOIN LATERAL (
    SELECT number FROM lot WHERE (holder, number) > (h.id, $1) AND (holder, number) < (h.id, $3::bigint * 1024)
    ORDER BY holder, number LIMIT $2) l
ORDER BY l.number LIMIT $2;

-- name: readable_among
-- purpose: those of some lots that some organisations hold
-- parameters: lot numbers, the organisations
SELECT number AS lot FROM lot WHERE number = ANY ($1::bigint[]) AND holder = ANY ($2::text[]) ORDER BY number;

-- name: digests
-- parameters: record indexes
SELECT index, encode(digest, 'hex') AS digest FROM record WHERE index = ANY ($1::bigint[]);

-- name: made_by
-- purpose: the lots that records make
-- parameters: record indexes
SELECT string_agg(int8send(l.number), ''::bytea) FROM unnest($1::text::bigint[]) AS k (record)
JOIN lot l ON l.number >= k.record * 1024 AND l.number < (k.record + 1) * 1024;

-- name: boundary
-- purpose: lots made by records that a caller does not see, with their parties and the issuers of these records
-- parameters: lot numbers, the newest revision to include
SELECT l.number, l.id, l.product, l.holder, l.owner, l.unit, coalesce(v.quantity, l.quantity)::text AS quantity, r.issuer
FROM unnest($1::bigint[]) AS k (lot)
JOIN lot l ON l.number = k.lot
JOIN record r ON r.index = k.lot / 1024
LEFT JOIN LATERAL (
    SELECT quantity FROM lot_version WHERE number = k.lot AND version <= $2 ORDER BY version DESC LIMIT 1) v ON true
ORDER BY l.number;

-- name: used
-- purpose: records downstream of lots as far as some organisations made them, and the records where that ends
-- parameters: lot numbers, the organisations, the newest revision to include, tree size, limit of records
WITH RECURSIVE used (record, issuer) AS (
    SELECT r.index, r.issuer FROM unnest($1::bigint[]) AS k (lot)
    JOIN flow w ON w.lot = k.lot AND w.version <= $3 AND w.record + 0 < $4
    JOIN record r ON r.index = w.record
    UNION
    SELECT r.index, r.issuer FROM used
    JOIN lot made ON made.number >= used.record * 1024 AND made.number < (used.record + 1) * 1024
        AND used.issuer = ANY ($2::text[])
    JOIN flow w ON w.lot = made.number AND w.version <= $3 AND w.record + 0 < $4
    JOIN record r ON r.index = w.record
)
SELECT record, issuer, issuer = ANY ($2::text[]) AS visible FROM used LIMIT $5;
