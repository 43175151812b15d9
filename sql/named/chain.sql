-- name: as_of
-- purpose: the current tree size and number of revisions
SELECT size, revisions AS version FROM head;

-- name: upstream
-- purpose: records upstream of lots, including their makers, by the flows of all revisions: at least the whole chain,
-- possibly more
-- parameters: lot numbers, the newest revision to include, limit of records
WITH RECURSIVE reached (record) AS (
    SELECT DISTINCT lot / 1024 FROM unnest($1::bigint[]) AS wanted (lot)
    UNION
    SELECT w.lot / 1024 FROM reached JOIN flow w ON w.record = reached.record AND w.version <= $2
)
SELECT string_agg(int8send(record), ''::bytea) AS records FROM (SELECT record FROM reached LIMIT $3) r;

-- name: downstream
-- purpose: lots downstream of lots, including themselves, in the same way
-- parameters: lot numbers, the newest revision to include, tree size, limit of lots
WITH RECURSIVE reached (lot) AS (
    SELECT DISTINCT lot FROM unnest($1::bigint[]) AS wanted (lot)
    UNION
    SELECT made.number FROM reached JOIN flow w ON w.lot = reached.lot AND w.version <= $2 AND w.record + 0 < $3
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024
)
SELECT string_agg(int8send(lot), ''::bytea) AS lots FROM (SELECT lot FROM reached LIMIT $4) r;

-- name: taken
-- purpose: one step upstream: the lots that records take from
-- parameters: record indexes, the newest revision to include
SELECT string_agg(int8send(lot), ''::bytea) FROM (
    SELECT DISTINCT w.lot
    FROM unnest($1::text::bigint[]) AS k (record) JOIN flow w ON w.record = k.record AND w.version <= $2) w;

-- name: made
-- purpose: one step downstream: the lots of the records that take from lots
-- parameters: lot numbers, the newest revision to include, tree size
SELECT string_agg(int8send(lot), ''::bytea) FROM (
    SELECT DISTINCT made.number AS lot
    FROM unnest($1::text::bigint[]) AS k (lot)
    JOIN flow w ON w.lot = k.lot AND w.version <= $2 AND w.record + 0 < $3
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024) w;

-- name: flows_into
-- purpose: all flows into records, of every version, column by column, in order
-- parameters: record indexes, the newest revision to include, limit of flows
SELECT string_agg(int8send(record) || int8send(version) || int8send(lot), ''::bytea) AS numbers,
       string_agg(quantity, E'\n') AS quantities, count(*) AS count
FROM (SELECT w.record, w.version, w.lot, w.quantity::text AS quantity
      FROM unnest($1::text::bigint[]) AS k (record)
      CROSS JOIN LATERAL (SELECT * FROM flow WHERE record = k.record AND version + 0 <= $2 OFFSET 0) w
      ORDER BY w.record, w.version, w.position LIMIT $3) w;

-- name: flows_from
-- purpose: all flows out of lots, in the same way
-- parameters: lot numbers, the newest revision to include, limit of flows, tree size
SELECT string_agg(int8send(record) || int8send(version) || int8send(lot), ''::bytea) AS numbers,
       string_agg(quantity, E'\n') AS quantities, count(*) AS count
FROM (SELECT w.record, w.version, w.lot, w.quantity::text AS quantity
      FROM unnest($1::text::bigint[]) AS k (lot)
      CROSS JOIN LATERAL (SELECT * FROM flow WHERE lot = k.lot AND version + 0 <= $2 AND record + 0 < $4 OFFSET 0) w
      ORDER BY w.record, w.version, w.position LIMIT $3) w;

-- name: own_versions
-- purpose: records that revisions changed, with the newest such revision
-- parameters: record indexes, the newest revision to include
SELECT string_agg(int8send(record) || int8send(version), ''::bytea) FROM (
    SELECT v.record, max(v.version) AS version
    FROM unnest($1::text::bigint[]) AS k (record) JOIN revised v ON v.record = k.record AND v.own AND v.version <= $2
    GROUP BY v.record) v;

-- name: shares
-- purpose: allocation shares of lots, of every version
-- parameters: lot numbers, the newest revision to include
SELECT f.lot, f.version, f.share
FROM unnest($1::text::bigint[]) AS k (lot) JOIN figure f ON f.lot = k.lot AND f.version <= $2;

-- name: figures
-- purpose: the same with their burdens, padded by zeros: a vector that was stored before a burden existed is shorter
-- parameters: lot numbers, the newest revision to include, the number of burdens
SELECT f.lot, f.version, f.share,
       f.burdens || array_fill(0::float8, ARRAY[greatest($3 - cardinality(f.burdens), 0)]) AS burdens
FROM unnest($1::text::bigint[]) AS k (lot) JOIN figure f ON f.lot = k.lot AND f.version <= $2;

-- name: lots
-- purpose: lots as created, column by column, by number
-- parameters: lot numbers
SELECT string_agg(id, E'\n') AS ids, string_agg(product, E'\n') AS products, string_agg(holder, E'\n') AS holders,
       string_agg(role, E'\n') AS roles, string_agg(quantity::text, E'\n') AS quantities,
       string_agg(unit, E'\n') AS units, string_agg(coalesce(item, ''), E'\n') AS items,
       string_agg(coalesce(pool, ''), E'\n') AS pools, string_agg(coalesce(facility, ''), E'\n') AS facilities,
       string_agg(coalesce(process, ''), E'\n') AS processes
FROM (SELECT l.id, l.product, l.holder, l.role, l.quantity, l.unit, l.item, l.pool, l.facility, l.process
      FROM unnest($1::text::bigint[]) AS k (lot) JOIN lot l ON l.number = k.lot ORDER BY l.number) l;

-- name: quantities
-- purpose: lots' quantities as created, by number
-- parameters: lot numbers
SELECT string_agg(quantity::text, E'\n') AS quantities
FROM (SELECT l.quantity FROM unnest($1::text::bigint[]) AS k (lot) JOIN lot l ON l.number = k.lot ORDER BY l.number) l;

-- name: lot_versions
-- purpose: the changes of lots by revisions
-- parameters: lot numbers, the newest revision to include
SELECT DISTINCT ON (v.number) v.number, v.quantity::text AS quantity, v.facility, v.process
FROM unnest($1::text::bigint[]) AS k (lot) JOIN lot_version v ON v.number = k.lot AND v.version + 0 <= $2
ORDER BY v.number, v.version DESC;

-- name: records
-- purpose: records column by column, by index
-- parameters: record indexes
SELECT encode(string_agg(digest, ''::bytea), 'hex') AS digests, string_agg(type, E'\n') AS types,
       string_agg(issuer, E'\n') AS issuers
FROM (SELECT r.digest, r.type, r.issuer
      FROM unnest($1::text::bigint[]) AS k (record) JOIN record r ON r.index = k.record ORDER BY r.index) r;

-- name: balances
-- purpose: the current remaining quantities of lots, by number; NULL if the tree has grown
-- parameters: lot numbers, tree size
SELECT CASE WHEN (SELECT size FROM head) = $2 THEN (
    SELECT string_agg(b.remaining::text, E'\n' ORDER BY b.lot)
    FROM unnest($1::text::bigint[]) AS k (lot) JOIN balance b ON b.lot = k.lot) END AS remaining;

-- name: details
-- purpose: records as of that revision, with leaf 0 of their outcomes; without body if withdrawn
-- parameters: record indexes, the newest revision to include
SELECT r.index, encode(r.digest, 'hex') AS digest, r.issuer, CASE WHEN w.own THEN w.body ELSE r.body END AS body,
       coalesce(o.leaf, r.outcome) AS leaf
FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) o ON true
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index;

-- name: named
-- purpose: lots of a tree by id
-- parameters: names, tree size
SELECT id, number FROM lot WHERE id = ANY ($1::text[]) AND number + 0 < $2::bigint * 1024;

-- name: pools
-- purpose: the oldest and the newest generation of pools
-- parameters: names, tree size
SELECT pool AS id, min(number) AS oldest, max(number) AS newest FROM lot
WHERE pool = ANY ($1::text[]) AND number + 0 < $2::bigint * 1024 GROUP BY pool;

-- name: withdrawn
-- purpose: lots of withdrawn records
-- parameters: lot numbers, the newest revision to include
SELECT string_agg(int8send(k.lot), ''::bytea) FROM unnest($1::text::bigint[]) AS k (lot)
CROSS JOIN LATERAL (
    SELECT body FROM revised WHERE record = k.lot / 1024 AND own AND version <= $2 ORDER BY version DESC LIMIT 1) w
WHERE w.body IS NULL;

-- name: lot
-- purpose: a lot of a tree with its figures as of a revision, leaf 0 of its record, and the limit of its title
-- parameters: lot id, the newest revision to include, tree size
SELECT l.number, l.id, l.product, l.holder, l.role, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item, f.method, f.plugin, f.share, f.burdens,
       f.content, f.amount, r.index, coalesce(v.withdrawn, false) AS withdrawn, coalesce(o.leaf, r.outcome) AS outcome,
       (SELECT CASE WHEN NOT a.retired THEN a.version END FROM activation a
        WHERE a.plugin = 'footprint-limit' AND a.record < r.index AND a.record > (
            SELECT min(b.record) FROM activation b WHERE b.plugin = 'ledger-rules' AND b.version NOT IN ('1', '2', '3'))
        ORDER BY a.record DESC LIMIT 1) AS title_limit
FROM lot l
JOIN record r ON r.index = l.number / 1024
CROSS JOIN LATERAL (
    SELECT method, plugin, share, burdens, content, amount FROM figure
    WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass, withdrawn FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) o ON true
WHERE l.id = $1 AND l.number < $3::bigint * 1024;
