-- name: tree
-- purpose: the log's size; the smallest tree with a checkpoint that holds so many entries, the newest where none is
-- named; and the newest revision that it holds. Of a log with witnesses only what is published counts.
-- parameters: tree size
SELECT p.newest, b.size, b.root,
       coalesce((SELECT version FROM revision WHERE record < b.size ORDER BY record DESC LIMIT 1), 0) AS version
FROM (
    SELECT coalesce((SELECT size FROM publication ORDER BY size DESC LIMIT 1), h.size) AS newest,
           (SELECT size FROM publication ORDER BY size LIMIT 1) AS first
    FROM head h) p
LEFT JOIN LATERAL (
    SELECT size, root FROM batch
    WHERE size >= coalesce($1, p.newest) AND (p.first IS NULL OR size <= p.first OR (
        -- No EXISTS, which would read all that was ever published into a table of hashes.
        SELECT true FROM publication WHERE publication.size = batch.size))
    ORDER BY size LIMIT 1) b ON true;

-- name: lot
-- purpose: which record made a lot, and which part of its burden the lot carries
-- parameters: lot id, the newest revision that counts
SELECT l.number, f.share FROM lot l CROSS JOIN LATERAL (
    SELECT share FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
WHERE l.id = $1;

-- name: taken
-- purpose: what a record takes from, in its order
-- parameters: record index, the newest revision that counts
SELECT w.lot, w.quantity FROM flow w
WHERE w.record = $1 AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = $1 AND v.own AND v.version <= $2), 0)
ORDER BY w.position;

-- name: records
-- purpose: records with their entries, and which revision gave them the results that count; `own_body` is what they
-- read now where they were changed themselves, `withdrawn` says that they read nothing any more
-- parameters: record indexes, the newest revision that counts
SELECT r.index, r.digest, r.type, r.seed, e.data, CASE WHEN o.version IS NULL THEN r.outcome ELSE o.leaf END AS leaf,
       n.record AS revised_by, w.version IS NOT NULL AND w.body IS NULL AS withdrawn, sha256(w.body) AS reads
FROM record r JOIN entry e ON e.index = r.index
LEFT JOIN LATERAL (
    SELECT version, leaf FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) o ON true
LEFT JOIN revision n ON n.version = o.version
LEFT JOIN LATERAL (
    SELECT version, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
WHERE r.index = ANY ($1::bigint[]);

-- name: body
-- purpose: a record as it reads now
-- parameters: record index, the newest revision that counts
SELECT coalesce(w.body, r.body) AS body FROM record r LEFT JOIN LATERAL (
    SELECT body FROM revised WHERE record = r.index AND own AND version <= $2 ORDER BY version DESC LIMIT 1) w ON true
WHERE r.index = $1;

-- name: lots_made
-- purpose: how many lots records made
SELECT count(*) FROM unnest($1::bigint[]) AS wanted (record) CROSS JOIN LATERAL (
    SELECT FROM lot WHERE number >= wanted.record * 1024 AND number < (wanted.record + 1) * 1024 OFFSET 0) l;

-- name: lots
-- purpose: the lots of records with the figures that count, in log order
-- parameters: record indexes, the newest revision that counts
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item,
       CASE WHEN v.number IS NULL THEN l.composition ELSE v.composition END AS composition,
       CASE WHEN v.number IS NULL THEN l.facility ELSE v.facility END AS facility,
       CASE WHEN v.number IS NULL THEN l.process ELSE v.process END AS process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, f.burdens, f.content, f.amount, f.method,
       f.plugin
FROM unnest($1::bigint[]) AS wanted (record)
-- OFFSET 0 keeps this a look-up by index for each record, whatever else is joined.
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= wanted.record * 1024 AND number < (wanted.record + 1) * 1024 OFFSET 0) l
CROSS JOIN LATERAL (
    SELECT burdens, content, amount, method, plugin FROM figure WHERE lot = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass, composition, facility, process FROM lot_version
    WHERE number = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) v ON true
ORDER BY l.number;

-- name: entries
-- purpose: entries of records, and what their outcomes begin with
SELECT r.index, r.seed, r.outcome, e.data FROM record r JOIN entry e ON e.index = r.index
WHERE r.index = ANY ($1::bigint[]);

-- name: plugin_digest
-- purpose: the digest of a plugin version, as it was activated last before an entry; else after it
-- parameters: plugin, version, entry
SELECT digest FROM activation WHERE plugin = $1 AND version = $2 AND NOT retired
ORDER BY record >= $3, CASE WHEN record < $3 THEN -record ELSE record END LIMIT 1;

-- name: named
-- purpose: digests of the records by which names were entered
-- parameters: organisations, facilities, products, pools
SELECT encode(r.digest, 'hex') AS digest FROM (
    SELECT record FROM organization WHERE id = ANY ($1::text[])
    UNION SELECT record FROM facility WHERE id = ANY ($2::text[])
    UNION SELECT record FROM product WHERE id = ANY ($3::text[])
    UNION SELECT record FROM pool WHERE id = ANY ($4::text[])) n
JOIN record r ON r.index = n.record ORDER BY r.index;
