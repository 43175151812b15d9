-- name: concerns
-- purpose: whom records concern, by digest or by log index, for the policy of reading: parties see the body, owners
-- their goods. Without parties, owners and lots of records whose issuers are visible as a whole. No statement for the
-- policy reads a body: it would take longer for a hidden thing than for an unknown one
-- parameters: digests, record indexes, the organisations that are visible as a whole
SELECT r.index, encode(r.digest, 'hex') AS name, r.type, r.issuer, coalesce(m.products, '{}') AS products,
       r.starts AS start, r.ends AS "end",
       array_remove(CASE WHEN r.issuer = ANY ($3::text[]) THEN '{}' ELSE CASE r.type
           WHEN 'transfer' THEN (
               SELECT array[t.receiver, l.owner] FROM transfer t LEFT JOIN lot l ON l.number = r.index * 1024
               WHERE t.record = r.index)
           WHEN 'acceptance' THEN (
               SELECT array[x.issuer, l.owner] FROM (
                   SELECT transfer FROM acceptance WHERE record = r.index
                   UNION SELECT lot / 1024 FROM dispute WHERE record = r.index LIMIT 1) a
               JOIN record x ON x.index = a.transfer LEFT JOIN lot l ON l.number = x.index * 1024)
           WHEN 'standingAcceptance' THEN (
               SELECT array[s.sender] FROM standing_acceptance s WHERE s.record = r.index)
           WHEN 'grant' THEN (SELECT array[g.grantee] FROM access_grant g WHERE g.record = r.index)
           WHEN 'grantRevocation' THEN (
               SELECT array[g.grantee] FROM grant_revocation v JOIN access_grant g ON g.record = v.subject
               WHERE v.record = r.index)
           WHEN 'attestation' THEN (
               SELECT array_agg(s.party) FROM attestation a CROSS JOIN LATERAL (
                   SELECT x.issuer AS party FROM record x
                   WHERE a.kind IN ('record', 'statement')
                       AND x.digest = CASE WHEN a.subject ~ '^[0-9a-f]{64}$' THEN decode(a.subject, 'hex') END
                   UNION ALL SELECT unnest(array[l.holder, l.owner]) FROM lot l
                   WHERE a.kind = 'lot' AND l.id = a.subject
                   UNION ALL SELECT p.owner FROM product p WHERE a.kind = 'product' AND p.id = a.subject
                   UNION ALL SELECT f.operator FROM facility f WHERE a.kind = 'facility' AND f.id = a.subject) s
               WHERE a.record = r.index)
           ELSE '{}' END END, NULL) AS parties,
       -- An amendment may take the goods of others too.
       CASE WHEN r.type IN ('transformation', 'addition', 'consumption') AND r.issuer <> ALL ($3::text[]) THEN
           r.owners || (
               SELECT array_agg(DISTINCT l.owner) FROM flow w JOIN lot l ON l.number = w.lot AND l.owner <> r.issuer
               WHERE w.record = r.index AND w.version > 0) END AS owners
FROM record r
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT l.product) AS products FROM lot l
    WHERE r.issuer <> ALL ($3::text[]) AND l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024) m
WHERE r.index = ANY (array(SELECT index FROM record WHERE digest = ANY ($1::bytea[])) || $2::bigint[]);

-- name: own_goods
-- purpose: the goods of some organisations that a record of another took as it was posted
-- parameters: record index, the organisations
SELECT l.id, sum(w.quantity) AS quantity, l.unit FROM flow w JOIN lot l ON l.number = w.lot
WHERE w.record = $1 AND w.version = 0 AND l.owner = ANY ($2::text[]) GROUP BY l.number, l.id, l.unit ORDER BY l.number;

-- name: lots
-- purpose: whom lots concern, for the policy of reading: lots of that id or item, and the newest and the oldest
-- generation of a pool of that id in a tree. `kind` says as what a lot is found
-- parameters: names, tree sizes, whether a name may be of an item or a pool too
SELECT n.place, n.name, l.kind, l.number, l.item, l.product, l.holder, l.owner, l.sender, r.index, r.type, r.issuer,
       r.starts AS start, r.ends AS "end",
       (SELECT t.receiver FROM transfer t WHERE t.record = r.index) AS receiver,
       l.facility, (SELECT f.operator FROM facility f WHERE f.id = l.facility) AS operator
FROM unnest($1::text[], $2::bigint[], $3::bool[]) WITH ORDINALITY AS n (name, size, more, place)
CROSS JOIN LATERAL (
    SELECT 'lot' AS kind, * FROM lot WHERE id = n.name
    UNION ALL SELECT 'item', * FROM lot WHERE n.more AND item = n.name
    -- Ranges of the index lot_pool: an equality would let the planner follow the primary key.
    UNION ALL (SELECT 'newest', * FROM lot
        WHERE n.more AND pool IS NOT NULL AND (pool, number) >= (n.name, 0) AND (pool, number) < (n.name, n.size * 1024)
        ORDER BY pool DESC, number DESC LIMIT 1)
    UNION ALL (SELECT 'oldest', * FROM lot
        WHERE n.more AND pool IS NOT NULL AND (pool, number) >= (n.name, 0) AND (pool, number) < (n.name, n.size * 1024)
        ORDER BY pool, number LIMIT 1)) l
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
-- purpose: the facts of records that decide whether a grant covers them, by log index
-- parameters: record indexes
SELECT k.place, r.index, r.type, r.issuer, coalesce(m.products, '{}') AS products,
       r.starts AS start, r.ends AS "end"
FROM unnest($1::bigint[]) WITH ORDINALITY AS k (record, place) JOIN record r ON r.index = k.record
CROSS JOIN LATERAL (
    SELECT array_agg(DISTINCT l.product) AS products FROM lot l
    WHERE l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024) m;

-- name: of_product
-- purpose: the records that made the newest lots of products
-- parameters: product ids, limit of lots of each
SELECT DISTINCT l.number / 1024 AS record FROM unnest($1::text[]) AS k (product)
CROSS JOIN LATERAL (
    SELECT number FROM lot WHERE product = k.product AND facility IS NOT NULL AND sender IS NULL AND pool IS NULL
        AND role IN ('product', 'coProduct', 'byProduct') ORDER BY number DESC LIMIT $2) l;

-- name: sites_and_products
-- purpose: the records that entered or completed those facilities and products of organisations of which records make or
-- take lots
-- parameters: record indexes, the organisations, the newest revision to include
WITH lots AS MATERIALIZED (
    SELECT DISTINCT l.facility, l.product FROM unnest($1::bigint[]) AS k (record) CROSS JOIN LATERAL (
        SELECT number FROM lot WHERE number >= k.record * 1024 AND number < (k.record + 1) * 1024
        UNION ALL SELECT w.lot FROM flow w WHERE w.record = k.record AND w.version <= $3) n
    JOIN lot l ON l.number = n.number
)
SELECT s.record FROM lots CROSS JOIN LATERAL (
    (SELECT record FROM facility WHERE id = lots.facility AND operator = ANY ($2::text[]) LIMIT 1)
    UNION (SELECT record FROM product WHERE id = lots.product AND owner = ANY ($2::text[]) LIMIT 1)
    UNION (SELECT c.record FROM product p JOIN product_completion c ON c.product = p.id
           WHERE p.id = lots.product AND p.owner = ANY ($2::text[]))) s;

-- name: taken
-- purpose: the lots that records take
-- parameters: record indexes, the newest revision to include
SELECT DISTINCT w.record, w.lot FROM unnest($1::bigint[]) AS k (record) JOIN flow w ON w.record = k.record AND w.version <= $2;

-- name: revisers
-- purpose: the records that revise records of some organisations, by issuer of the revised records. OFFSET keeps the
-- order of the look-ups, from these records to their revisions
-- parameters: the organisations, tree size, those among them whose revised records are listed
SELECT n.record AS reviser, o.id AS issuer, array_agg(r.index) FILTER (WHERE o.id = ANY ($3::text[])) AS records
FROM unnest($1::text[]) AS o (id)
CROSS JOIN LATERAL (SELECT index FROM record WHERE issuer = o.id OFFSET 0) r
CROSS JOIN LATERAL (SELECT version FROM revised WHERE record = r.index OFFSET 0) v
CROSS JOIN LATERAL (SELECT record FROM revision WHERE version = v.version OFFSET 0) n
WHERE n.record < $2 GROUP BY n.record, o.id ORDER BY n.record;

-- name: revised_issuers
-- purpose: the issuers of all revised records, for the access log
-- parameters: tree size
SELECT DISTINCT r.issuer FROM revision n JOIN revised v ON v.version = n.version JOIN record r ON r.index = v.record
WHERE n.record < $1;

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

-- name: holders
-- purpose: the holders and owners of lots, for the access log
-- parameters: lot numbers
SELECT DISTINCT p.party FROM lot l CROSS JOIN LATERAL (VALUES (l.holder), (l.owner)) p (party)
WHERE l.number = ANY ($1::bigint[]) AND p.party IS NOT NULL;

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
