-- name: rights
-- purpose: the rights of callers at the newest head and by the clock of the database: whether each is a reader, the
-- organisations that it controls with itself, and its grants in force, of each grantor the newest ones: a row for each
-- grant, or one without. A grant of a declaration only lets its grantee name it. `holds`: whether what the caller's
-- token rests on still stands. A grant, or the record of a reader, ends with the report that its key was compromised by
-- then: an entry is version, kind and digest, 34 bytes, then the key's id
-- parameters: organisations, digests of the grants whose links the callers hold; one of each pair is null. Of the
-- tokens: numbers of the keys that signed them, their spent ids, the keyids and the clients to which they were issued
WITH clock AS MATERIALIZED (SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS instant)
SELECT c.place, t.holds, t.everything, t.own, h.record, h.grantor, h.depth, h.lot, h.product, h.starts, h.ends
FROM unnest($1::text[], $2::bytea[], $3::bigint[], $4::bytea[], $5::bytea[], $6::text[])
    WITH ORDINALITY AS c (organization, link, key, token, keyid, client, place)
CROSS JOIN LATERAL (
    SELECT
        -- EXISTS would have the planner hash whole tables, as for many callers.
        (SELECT true FROM token_key k WHERE k.number > c.key AND k.replaces LIMIT 1) IS NULL
        AND (SELECT true FROM spent_id u WHERE u.id = c.token) IS NULL
        AND coalesce(CASE
            WHEN c.keyid IS NOT NULL THEN (
                SELECT s.organization FROM signing_key s
                WHERE s.keyid = c.keyid AND NOT EXISTS (SELECT FROM revocation r WHERE r.keyid = s.keyid)
            ) = c.organization
            WHEN c.client IS NOT NULL THEN (
                SELECT l.organization FROM client l
                WHERE l.id = c.client AND NOT EXISTS (SELECT FROM client_revocation v WHERE v.client = l.id)
                    AND NOT EXISTS (SELECT FROM compromise k WHERE k.keyid = l.keyid AND k.since <= l.size)
            ) = c.organization
            ELSE (
                SELECT true FROM record r JOIN access_grant a ON a.record = r.index
                WHERE r.digest = c.link AND a.link IS NOT NULL AND a.expires > (SELECT instant FROM clock)
                    AND NOT EXISTS (SELECT FROM grant_revocation v WHERE v.subject = a.record)
                    AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
                        WHERE t.index = a.record AND k.since <= t.index LIMIT 1) IS NULL)
        END, false) AS holds,
        (SELECT true FROM reader e WHERE e.organization = c.organization
            AND (e.expires IS NULL OR e.expires > (SELECT instant FROM clock))
            AND NOT EXISTS (SELECT FROM reader_revocation v WHERE v.subject = e.record)
            AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
                WHERE t.index = e.record AND k.since <= t.index LIMIT 1) IS NULL
            LIMIT 1) IS NOT NULL AS everything,
        ARRAY(
            WITH RECURSIVE own (id) AS (
                SELECT id FROM organization WHERE id = c.organization
                UNION
                -- Without a share the parent owns all. JSON may hold \u0000, which text of PostgreSQL may not.
                SELECT o.id FROM own w JOIN organization o ON o.parent = w.id JOIN record r ON r.index = o.record
                WHERE coalesce((
                    replace(convert_from(r.body, 'UTF8'), '\u0000', '\u0001')::json ->> 'parentShare')::numeric,
                    1) > 0.5
                    AND NOT EXISTS (SELECT FROM parent_end p WHERE p.organization = o.id AND NOT p.announced)
            ) SELECT id FROM own) AS own
    -- Computed once, however many grants follow.
    OFFSET 0) t
LEFT JOIN LATERAL (
    SELECT g.*, row_number() OVER (PARTITION BY g.grantor ORDER BY g.record DESC) AS newer FROM (
        SELECT a.* FROM access_grant a WHERE a.grantee = c.organization AND a.expires > (SELECT instant FROM clock)
        UNION ALL
        SELECT a.* FROM record r JOIN access_grant a ON a.record = r.index
        WHERE r.digest = c.link AND a.link IS NOT NULL AND a.expires > (SELECT instant FROM clock)) g
    WHERE g.declaration IS NULL AND NOT EXISTS (SELECT FROM grant_revocation v WHERE v.subject = g.record)
        AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
            WHERE t.index = g.record AND k.since <= t.index LIMIT 1) IS NULL) h
    ON h.newer <= 1000
ORDER BY c.place, h.record;

-- name: link
-- purpose: the digest of the secret of a grant's link, as long as the grant is in force
-- parameters: digest of the grant
SELECT a.record, a.link FROM record r JOIN access_grant a ON a.record = r.index
WHERE r.digest = $1 AND a.link IS NOT NULL
    AND a.expires > to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
    AND NOT EXISTS (SELECT FROM grant_revocation v WHERE v.subject = a.record)
    AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
        WHERE t.index = a.record AND k.since <= t.index LIMIT 1) IS NULL;

-- name: grants
-- purpose: grants that an organisation has given or got, newest first, with their state by the clock of the database.
-- `compromised`: the first entry that reports the key of a grant as compromised by the time at which it signed it
-- parameters: organisation, log index below which to begin, limit
SELECT g.record AS index, encode(r.digest, 'hex') AS digest, g.grantor, g.grantee, g.link, g.depth, l.id AS lot,
       g.product, encode(d.digest, 'hex') AS declaration, g.starts, g.ends, g.expires, g.publish, r.body,
       g.expires <= to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') AS expired,
       (SELECT min(v.record) FROM grant_revocation v WHERE v.subject = g.record) AS revoked,
       (SELECT min(k.record) FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
        WHERE t.index = g.record AND k.since <= t.index) AS compromised
FROM (
    -- Conditions and order are those of the indexes, so that no other index serves them.
    (SELECT * FROM access_grant WHERE (grantor, record) < ($1, $2) AND (grantor, record) >= ($1, 0)
     ORDER BY grantor DESC, record DESC LIMIT $3)
    UNION
    (SELECT * FROM access_grant
     WHERE grantee IS NOT NULL AND (grantee, record) < ($1, $2) AND (grantee, record) >= ($1, 0)
     ORDER BY grantee DESC, record DESC LIMIT $3)
    ORDER BY record DESC LIMIT $3) g
JOIN record r ON r.index = g.record
LEFT JOIN lot l ON l.number = g.lot
LEFT JOIN record d ON d.index = g.declaration
ORDER BY g.record DESC;

-- name: readers
-- purpose: organisations that the registrar has appointed as readers, newest first, with their state
-- parameters: log index below which to begin, limit
SELECT e.record AS index, encode(r.digest, 'hex') AS digest, e.organization, e.expires, r.body,
       coalesce(e.expires <= to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), false) AS expired,
       (SELECT min(v.record) FROM reader_revocation v WHERE v.subject = e.record) AS revoked,
       (SELECT min(k.record) FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
        WHERE t.index = e.record AND k.since <= t.index) AS compromised
FROM (SELECT * FROM reader WHERE record < $1 ORDER BY record DESC LIMIT $2) e
JOIN record r ON r.index = e.record
ORDER BY e.record DESC;

-- name: passport
-- purpose: the newest lot with one of these identifiers or items that is published: by its owner, as long as the product
-- is its own or the product's owner lets it; or as a lot of a product that the product's owner has published, if the
-- owner's own record made it of goods of the owner, not of those that it works on for others, nor a core that was handed
-- over. A delivery has the owner of the lot that it takes. A publication by a key that was compromised by then shows
-- nothing, and neither does a product as which its owner hands on goods of others. With the number of lives of its item
-- parameters: identifiers
SELECT l.id, (SELECT size FROM head) AS size,
       CASE WHEN l.item IS NOT NULL THEN 1 + (
           SELECT count(DISTINCT c.previous_life) FROM lot c
           WHERE c.item = l.item AND c.role = 'core' AND c.number <= l.number) END AS lives,
       (SELECT r.body FROM product n JOIN record r ON r.index = n.record WHERE n.id = l.product) AS product
FROM (
    SELECT * FROM lot WHERE id = ANY ($1::text[])
    -- The sum keeps the planner from the order of the primary key.
    UNION ALL (SELECT * FROM lot WHERE item = ANY ($1::text[]) ORDER BY number + 0 DESC LIMIT 1000)) l
JOIN record m ON m.index = l.number / 1024
JOIN product o ON o.id = l.product
WHERE NOT EXISTS (SELECT FROM group_goods g WHERE g.organization = o.owner AND g.subject = 'handedOn:' || o.id)
    AND (l.role <> 'core' OR l.sender IS NULL AND l.pool IS NULL)
    AND (EXISTS (
        SELECT FROM published p WHERE p.lot = l.number
        AND (p.organization = o.owner OR EXISTS (
            SELECT FROM access_grant a WHERE a.publish AND a.grantee = p.organization AND a.grantor = o.owner
                AND (a.product IS NULL OR a.product = o.id)
                AND a.expires > to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')
                AND NOT EXISTS (SELECT FROM grant_revocation v WHERE v.subject = a.record)
                AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
                    WHERE t.index = a.record AND k.since <= t.index LIMIT 1) IS NULL))
        AND NOT EXISTS (SELECT FROM publication_end e WHERE e.subject = p.record)
        AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
            WHERE t.index = p.record AND k.since <= t.index LIMIT 1) IS NULL)
    OR EXISTS (
        SELECT FROM published p WHERE p.product = l.product AND p.organization = m.issuer
        AND NOT EXISTS (SELECT FROM publication_end e WHERE e.subject = p.record)
        AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
            WHERE t.index = p.record AND k.since <= t.index LIMIT 1) IS NULL
        AND CASE WHEN m.type = 'transfer' THEN NOT EXISTS (
            SELECT FROM flow w JOIN lot s ON s.number = w.lot
            WHERE w.record = m.index AND w.version = 0 AND coalesce(s.owner, s.holder) <> p.organization)
        ELSE coalesce(l.owner, l.holder) = p.organization END))
ORDER BY l.number DESC LIMIT 1;

-- name: product_passport
-- purpose: the newest published product with one of these identifiers, or whose GTIN leads the ids of its newest lots or
-- items, or its own id. With its owner; the records that made its newest lots, if records and lots are the owner's own;
-- and the lot before the oldest lot to read. Conditions and order of lots must be those of the index lot_product
-- parameters: identifiers, the most lots to read, the link of a GTIN with a slash at its end or NULL
SELECT p.product, p.organization, n.body, (SELECT size FROM head) AS size, l.before, l.newest
FROM (
    SELECT record, product, organization FROM published WHERE product = ANY ($1::text[])
    UNION ALL
    SELECT record, product, organization FROM (
        SELECT q.* FROM prefix x JOIN published q ON q.organization = x.organization
        WHERE x.prefix = $3 AND q.product IS NOT NULL
        ORDER BY q.organization DESC, q.record DESC LIMIT 1000) o
    WHERE starts_with(o.product, $3) OR EXISTS (
        SELECT FROM (
            SELECT id, item FROM lot WHERE product = o.product AND facility IS NOT NULL AND sender IS NULL
                AND pool IS NULL AND role IN ('product', 'coProduct', 'byProduct')
            ORDER BY product DESC, number DESC LIMIT 20) i
        WHERE starts_with(i.id, $3) OR starts_with(i.item, $3))) p
JOIN LATERAL (
    SELECT r.body FROM product o JOIN record r ON r.index = o.record WHERE o.id = p.product) n ON true
CROSS JOIN LATERAL (
    SELECT min(m.number) - 1 AS before,
           (array_agg(DISTINCT r.index ORDER BY r.index DESC) FILTER (
               WHERE r.issuer = p.organization AND m.owner IS NULL))[:100] AS newest
    FROM (
        SELECT number, owner FROM lot WHERE product = p.product AND facility IS NOT NULL AND sender IS NULL AND pool IS NULL
            AND role IN ('product', 'coProduct', 'byProduct')
        ORDER BY product DESC, number DESC LIMIT $2) m
    JOIN record r ON r.index = m.number / 1024) l
WHERE NOT EXISTS (SELECT FROM publication_end e WHERE e.subject = p.record)
    AND NOT EXISTS (
        SELECT FROM group_goods g WHERE g.organization = p.organization AND g.subject = 'handedOn:' || p.product)
    AND (SELECT true FROM entry t JOIN compromise k ON k.keyid = substring(t.data FROM 35 FOR 32)
        WHERE t.index = p.record AND k.since <= t.index LIMIT 1) IS NULL
ORDER BY p.record DESC LIMIT 1;
