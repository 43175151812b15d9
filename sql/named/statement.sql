-- name: tree
-- purpose: the log's size; the smallest tree with a checkpoint that has at least `tree size` entries, or the newest
-- such tree without a parameter; and the newest revision in it. In a log with witnesses only published trees count
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
        -- No EXISTS, because it would read all published heads into a hash table.
        SELECT true FROM publication WHERE publication.size = batch.size))
    ORDER BY size LIMIT 1) b ON true;

-- name: lot
-- purpose: the record that made a lot, and the lot's allocation share
-- parameters: lot id, the newest revision to include
SELECT l.number, f.share FROM lot l CROSS JOIN LATERAL (
    SELECT share FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
WHERE l.id = $1;

-- name: taken
-- purpose: the lots that a record takes from, in the record's order
-- parameters: record index, the newest revision to include
SELECT w.lot, w.quantity FROM flow w
WHERE w.record = $1 AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = $1 AND v.own AND v.version <= $2), 0)
ORDER BY w.position;

-- name: records
-- purpose: records with their entries, and the revision that gave them their results. `own_body`: the changed body if
-- the record itself was changed. `withdrawn`: the record is withdrawn
-- parameters: record indexes, the newest revision to include
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
-- parameters: record index, the newest revision to include
SELECT coalesce(w.body, r.body) AS body FROM record r LEFT JOIN LATERAL (
    SELECT body FROM revised WHERE record = r.index AND own AND version <= $2 ORDER BY version DESC LIMIT 1) w ON true
WHERE r.index = $1;

-- name: lots_made
-- purpose: the number of lots that records made
SELECT count(*) FROM unnest($1::bigint[]) AS wanted (record) CROSS JOIN LATERAL (
    SELECT FROM lot WHERE number >= wanted.record * 1024 AND number < (wanted.record + 1) * 1024 OFFSET 0) l;

-- name: lots
-- purpose: the lots of records with their figures as of that revision, in log order
-- parameters: record indexes, the newest revision to include
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item,
       CASE WHEN v.number IS NULL THEN l.composition ELSE v.composition END AS composition,
       CASE WHEN v.number IS NULL THEN l.facility ELSE v.facility END AS facility,
       CASE WHEN v.number IS NULL THEN l.process ELSE v.process END AS process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, l.made, l.since, f.burdens, f.content, f.amount,
       f.method, f.plugin
FROM unnest($1::bigint[]) AS wanted (record)
-- OFFSET 0 forces an index look-up for each record, whatever else is joined.
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
-- purpose: entries of records, with leaf 0 of their outcomes
SELECT r.index, r.seed, r.outcome, e.data FROM record r JOIN entry e ON e.index = r.index
WHERE r.index = ANY ($1::bigint[]);

-- name: plugin_digest
-- purpose: the digest of a plugin version from its last activation before an entry; else from an activation after it
-- parameters: plugin, version, entry
SELECT digest FROM activation WHERE plugin = $1 AND version = $2 AND NOT retired
ORDER BY record >= $3, CASE WHEN record < $3 THEN -record ELSE record END LIMIT 1;

-- name: named
-- purpose: digests of the records that entered names, and of the completions of the products below a log index
-- parameters: organisations, facilities, products, pools, that index
SELECT encode(r.digest, 'hex') AS digest FROM (
    SELECT record FROM organization WHERE id = ANY ($1::text[])
    UNION SELECT record FROM facility WHERE id = ANY ($2::text[])
    UNION SELECT record FROM product WHERE id = ANY ($3::text[])
    UNION SELECT record FROM product_completion WHERE product = ANY ($3::text[]) AND record < $5
    UNION SELECT record FROM pool WHERE id = ANY ($4::text[])) n
JOIN record r ON r.index = n.record ORDER BY r.index;

-- name: study
-- purpose: the bodies of a product with its completions up to one, and of a facility; null for a name that is not on the
-- ledger
-- parameters: product, facility, digest of the completion
SELECT (SELECT array_agg(r.body ORDER BY r.index) FROM (
            SELECT record FROM product WHERE id = $1
            UNION ALL SELECT record FROM product_completion WHERE product = $1
                AND record <= (SELECT index FROM record WHERE digest = decode($3::text, 'hex'))) n
        JOIN record r ON r.index = n.record) AS products,
       (SELECT r.body FROM facility n JOIN record r ON r.index = n.record WHERE n.id = $2) AS facility;
