-- name: footprint
-- purpose: all data for answers about lots, one row each; flags say which further queries are necessary. Inputs are as
-- of the same revision, because any revision that changes an input also changes the figures of the lot. For EXISTS with
-- a column of the lots the planner would hash whole tables, as for many lots
-- parameters: lot ids, the newest revisions to include, tree sizes, positions of provisionalAbs in a vector, from 1, the
-- numbers of burdens: a vector that was stored before a burden existed is shorter; organisations: only lots that they
-- made, hold, own or sent, all lots without one. Of other lots no more is read than of a lot that does not exist
SELECT q.place, l.number, l.id, l.product, l.holder, l.role, l.origin,
       coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item, l.facility, l.process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, b.remaining, f.version, f.method, f.plugin,
       f.share, f.burdens, f.content, f.amount, r.index, encode(r.digest, 'hex') AS digest, r.type, r.issuer,
       coalesce(o.leaf, r.outcome) AS outcome, w.own IS NOT NULL AND w.body IS NULL AS withdrawn,
       CASE WHEN r.type IN ('transformation', 'declaration') OR f.burdens[q.provisional] > 0
           THEN coalesce(w.body, r.body) END AS body,
       (SELECT array_agg(x.body ORDER BY x.index) FROM (
            SELECT record FROM product WHERE id = l.product
            UNION ALL SELECT record FROM product_completion WHERE product = l.product AND record <= (
                SELECT index FROM record WHERE digest = decode(
                    CASE WHEN v.number IS NULL THEN l.composition ELSE v.composition END ->> 'edition', 'hex'))) n
        JOIN record x ON x.index = n.record) AS product_bodies,
       (SELECT x.body FROM facility n JOIN record x ON x.index = n.record WHERE n.id = l.facility) AS facility_body,
       CASE WHEN f.version > 0 THEN (SELECT record FROM revision WHERE version = f.version) END AS revised_at,
       CASE WHEN f.burdens[q.provisional] > 0 THEN (
           SELECT version FROM revision WHERE version <= q.version ORDER BY version DESC LIMIT 1) END AS newest,
       CASE WHEN r.type = 'transfer' THEN (
           SELECT frozen FROM dispute WHERE lot = l.number AND record < q.size ORDER BY record DESC LIMIT 1) END AS frozen,
       CASE WHEN r.type = 'transfer' THEN (
           SELECT record FROM acceptance WHERE transfer = r.index AND record < q.size) END AS accepted,
       CASE WHEN r.type = 'transfer' THEN (SELECT rule FROM arrival WHERE transfer = r.index) END AS standing,
       CASE WHEN r.type = 'transformation' THEN
           EXISTS (SELECT FROM closing WHERE facility = l.facility AND record > r.index AND record < q.size OFFSET 0)
           AND NOT EXISTS (SELECT FROM provisional WHERE record = r.index OFFSET 0) END AS closed_since,
       (SELECT true FROM claim WHERE lot = l.id LIMIT 1) IS NOT NULL AS claimed,
       (SELECT true FROM compromise WHERE record < q.size LIMIT 1) IS NOT NULL AS doubted,
       -- As findings.any, in the same round trip.
       EXISTS (SELECT FROM record
               WHERE position('"findings":['::bytea IN outcome) > 0 OR position('"made":"'::bytea IN outcome) > 0)
       OR EXISTS (SELECT FROM revised
                  WHERE position('"findings":['::bytea IN leaf) > 0 OR position('"made":"'::bytea IN leaf) > 0) AS marked,
       (SELECT true FROM (VALUES ('lot', l.id), ('record', encode(r.digest, 'hex')), ('product', l.product),
                                   ('facility', l.facility)) AS s (kind, subject)
               JOIN attestation a ON a.kind = s.kind AND a.subject = s.subject LIMIT 1) IS NOT NULL AS attested,
       (SELECT true FROM attestation WHERE record < q.size LIMIT 1) IS NOT NULL AS any_attested,
       (SELECT owner FROM product WHERE id = l.product) AS product_owner,
       (SELECT operator FROM facility WHERE id = l.facility) AS operator,
       CASE WHEN r.type = 'transfer' THEN (SELECT receiver FROM transfer WHERE record = r.index) END AS receiver,
       (SELECT CASE WHEN NOT a.retired THEN a.version END FROM activation a
        WHERE a.plugin = 'footprint-limit' AND a.record < r.index AND a.record > (
            SELECT min(b.record) FROM activation b WHERE b.plugin = 'ledger-rules' AND b.version NOT IN ('1', '2', '3'))
        ORDER BY a.record DESC LIMIT 1) AS title_limit,
       i.lots, i.products, i.parts, i.burdens AS input_burdens, i.makers
FROM unnest($1::text[], $2::bigint[], $3::bigint[], $4::int[], $5::int[], $6::text[])
    WITH ORDINALITY AS q (lot, version, size, provisional, burdens, party, place)
JOIN lot l ON l.id = q.lot AND l.number < q.size * 1024
JOIN balance b ON b.lot = l.number
JOIN record r ON r.index = l.number / 1024 AND (q.party IS NULL OR q.party IN (r.issuer, l.holder, l.owner, l.sender))
CROSS JOIN LATERAL (
    SELECT version, method, plugin, share, burdens, content, amount FROM figure
    WHERE lot = l.number AND version <= q.version ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT number, quantity, mass, composition FROM lot_version WHERE number = l.number AND version <= q.version
    ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index AND version <= q.version ORDER BY version DESC LIMIT 1) o ON true
LEFT JOIN LATERAL (
    SELECT own, version, body FROM revised WHERE record = r.index AND own AND version <= q.version
    ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (
    SELECT array_agg(x.id ORDER BY w2.position) AS lots, array_agg(x.product ORDER BY w2.position) AS products,
           array_agg(w2.quantity::float8 / coalesce(y.quantity, x.quantity)::float8 ORDER BY w2.position) AS parts,
           array_agg(g.burdens || array_fill(0::float8, ARRAY[greatest(q.burdens - cardinality(g.burdens), 0)])
                     ORDER BY w2.position) AS burdens,
           array_agg(z.issuer ORDER BY w2.position) AS makers
    FROM flow w2 JOIN lot x ON x.number = w2.lot JOIN record z ON z.index = w2.lot / 1024
    CROSS JOIN LATERAL (
        SELECT burdens FROM figure WHERE lot = x.number AND version <= q.version
        ORDER BY version DESC LIMIT 1) g
    LEFT JOIN LATERAL (
        SELECT quantity FROM lot_version WHERE number = x.number AND version <= q.version
        ORDER BY version DESC LIMIT 1) y ON true
    WHERE w2.record = r.index AND w2.version = coalesce(w.version, 0)) i;

-- name: closings_since
-- purpose: the closings in force of a facility after a record whose findings have a code, with the first lot of the record
-- parameters: facility, index of the record, tree size, the newest revision to include, code
SELECT c.record, encode(r.digest, 'hex') AS digest, x.leaf, l.id AS first
FROM (SELECT * FROM closing WHERE facility = $1 OFFSET 0) c
JOIN record r ON r.index = c.record
JOIN lot l ON l.number = $2::bigint * 1024
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = c.record AND version <= $4 ORDER BY version DESC LIMIT 1) o ON true
CROSS JOIN LATERAL (SELECT coalesce(o.leaf, r.outcome) AS leaf) x
WHERE c.record > $2 AND c.record < $3 AND position($5::bytea IN x.leaf) > 0
    AND NOT EXISTS (SELECT FROM reopening p WHERE p.closing = c.record AND p.record < $3)
ORDER BY c.record;

-- name: as_of
-- purpose: the log's size, and the newest revision in a tree
-- parameters: tree size
SELECT size, coalesce((SELECT version FROM revision WHERE record < $1 ORDER BY record DESC LIMIT 1), 0) AS version
FROM head;

-- name: taken_at
-- purpose: the quantities that records of a tree take from lots, as of that revision. `+ 0` prevents the use of the
-- index of records, most of which are below the size
-- parameters: lot numbers, tree size, the newest revision to include
SELECT w.lot, sum(w.quantity) AS taken FROM flow w
WHERE w.lot = ANY ($1::bigint[]) AND w.record + 0 < $2 AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $3), 0)
GROUP BY w.lot;

-- name: open_periods
-- purpose: counts of records and their upstream chain that were posted as provisional and whose lots carry provisional
-- figures, by facility and calendar month of their start. A record that was changed since is returned with its body,
-- which decides. One row without facility and body has the number of visited records
-- parameters: record indexes, the newest revision to include, position of provisionalAbs from 1, limit of records
WITH RECURSIVE reached (record) AS (
    SELECT unnest($1::bigint[])
    UNION
    SELECT w.lot / 1024 FROM reached
    JOIN flow w ON w.record = reached.record AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $2), 0)
    CROSS JOIN LATERAL (
        SELECT burdens FROM figure WHERE lot = w.lot AND version <= $2 ORDER BY version DESC LIMIT 1) f
    WHERE f.burdens[$3] > 0
), looked AS MATERIALIZED (SELECT record FROM reached LIMIT $4), read AS (
    SELECT w.own, w.body, p.facility, p.month FROM looked k
    LEFT JOIN LATERAL (
        SELECT own, body FROM revised WHERE record = k.record AND own AND version <= $2
        ORDER BY version DESC LIMIT 1) w ON true
    LEFT JOIN LATERAL (
        SELECT facility, left(starts, 7) AS month FROM provisional
        WHERE record = k.record AND w.own IS NULL LIMIT 1) p ON true
)
SELECT facility, month, NULL::bytea AS body, count(*) AS records FROM read
WHERE facility IS NOT NULL GROUP BY facility, month
UNION ALL
SELECT NULL, NULL, body, 1 FROM read WHERE own AND position('"basis":"provisional"'::bytea IN body) > 0
UNION ALL
SELECT NULL, NULL, NULL, count(*) FROM looked;

-- name: attestations
-- purpose: attestations of a lot, its record, its product or its facility, newest first; with the tree whose figure each
-- examined, the lot's figures then and now, and whether the record or the lot was revised since, up to the version of the
-- lot's figures. Bodies are canonical JSON, in which a text cannot contain the mark of a tree size
-- parameters: lot id, its number, digest of its record, product, facility, tree size, version of the lot's figures
SELECT a.index, encode(a.digest, 'hex') AS digest, a.issuer, a.body, t.pin,
       f.burdens AS attested, g.burdens AS stated,
       EXISTS (SELECT FROM revised WHERE record = $2 / 1024 AND version > t.version AND version <= $7)
           AS record_revised,
       EXISTS (SELECT FROM lot_version WHERE number = $2 AND version > t.version AND version <= $7)
           OR ROW(f.burdens || array_fill(
                      0::float8, ARRAY[greatest(cardinality(g.burdens) - cardinality(f.burdens), 0)]),
                  f.content, f.amount) IS DISTINCT FROM ROW(g.burdens, g.content, g.amount)
           OR EXISTS (SELECT FROM revised WHERE record = $2 / 1024 AND own AND body IS NULL AND version > t.version
                      AND version <= $7) AS lot_revised
FROM (SELECT s.record FROM (VALUES ('lot', $1), ('record', $3), ('product', $4), ('facility', $5)) AS w (kind, subject)
      JOIN attestation s ON s.kind = w.kind AND s.subject = w.subject
      WHERE s.record < $6 ORDER BY s.record DESC LIMIT 100) s
JOIN record a ON a.index = s.record
CROSS JOIN LATERAL (
    SELECT coalesce(substring(convert_from(a.body, 'UTF8') FROM '"treeSize":([0-9]+)')::bigint, a.index) AS pin) p
CROSS JOIN LATERAL (
    SELECT p.pin, coalesce((SELECT version FROM revision WHERE record < p.pin ORDER BY record DESC LIMIT 1), 0)
        AS version) t
CROSS JOIN LATERAL (
    SELECT burdens, content, amount FROM figure WHERE lot = $2 AND version <= t.version
    ORDER BY version DESC LIMIT 1) f
CROSS JOIN LATERAL (
    SELECT burdens, content, amount FROM figure WHERE lot = $2 AND version = $7) g
ORDER BY a.index DESC;

-- name: claims
-- purpose: credits that claims of a tree, as of that revision, use up for a lot, the newest first
-- parameters: lot id, tree size, the newest revision to include, limit of claims
SELECT r.index, encode(r.digest, 'hex') AS digest, r.issuer, r.body, l.number, l.id, l.credit, l.unit, w.quantity
FROM (SELECT record FROM claim WHERE lot = $1 AND record + 0 < $2 ORDER BY record + 0 DESC LIMIT $4) c
JOIN record r ON r.index = c.record
JOIN flow w ON w.record = c.record AND w.version = coalesce((
    SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $3), 0)
JOIN lot l ON l.number = w.lot ORDER BY r.index DESC, w.position;

-- name: credit_makers
-- purpose: the records, as of that revision, that issued credits which later records have passed on
-- parameters: lot numbers of credits, the newest revision to include, limit
WITH RECURSIVE reached (credit, lot) AS (
    SELECT number, number FROM unnest($1::bigint[]) AS wanted (number)
    UNION
    SELECT reached.credit, w.lot FROM reached
    JOIN record r ON r.index = reached.lot / 1024 AND r.type IN ('transfer', 'acceptance', 'addition')
    JOIN flow w ON w.record = r.index AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own AND v.version <= $2), 0)
), looked AS MATERIALIZED (SELECT credit, lot FROM reached LIMIT $3)
SELECT k.credit, l.id, coalesce(w.body, r.body) AS body FROM looked k
JOIN lot l ON l.number = k.lot
JOIN record r ON r.index = k.lot / 1024 AND r.type NOT IN ('transfer', 'acceptance', 'addition')
LEFT JOIN LATERAL (
    SELECT body FROM revised WHERE record = r.index AND own AND version <= $2 ORDER BY version DESC LIMIT 1) w ON true
ORDER BY k.credit, k.lot;

-- name: is_organization
SELECT EXISTS (SELECT FROM organization WHERE id = $1);

-- name: looked_until
-- purpose: the last of a number of revised records from a position on; no row if there are fewer
-- parameters: index of a revising record, index of a record that it revised, number of records to skip
SELECT n.record AS index, v.record FROM revision n JOIN revised v ON v.version = n.version
WHERE n.record >= $1 AND (n.record > $1 OR v.record >= $2) ORDER BY n.record, v.record OFFSET $3 LIMIT 1;

-- name: changes
-- purpose: lots of a holder with new figures or quantities after revisions, between two positions, with leaf 0 of their
-- record if it has findings or makes questions
-- parameters: holder; index and lot number after which to begin; index and record at which to end; limit
SELECT n.record AS index, l.number, l.id, l.product, l.unit, g.burdens, f.burdens AS burdens_before,
       coalesce(q.quantity, l.quantity) AS quantity, coalesce(p.quantity, l.quantity) AS quantity_before,
       v.own AND v.body IS NULL AS withdrawn, v.record,
       CASE WHEN position('"findings":['::bytea IN v.leaf) > 0 OR position('"made":"'::bytea IN v.leaf) > 0
            THEN v.leaf END AS leaf
FROM revision n JOIN revised v ON v.version = n.version
-- OFFSET 0 forces an index look-up for each record, whatever else is joined.
CROSS JOIN LATERAL (
    SELECT * FROM lot WHERE number >= v.record * 1024 AND number < (v.record + 1) * 1024 OFFSET 0) l
JOIN figure g ON g.lot = l.number AND g.version = n.version
CROSS JOIN LATERAL (
    SELECT burdens, content, amount FROM figure WHERE lot = l.number AND version < n.version
    ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT quantity FROM lot_version WHERE number = l.number AND version <= n.version
    ORDER BY version DESC LIMIT 1) q ON true
LEFT JOIN LATERAL (
    SELECT quantity FROM lot_version WHERE number = l.number AND version < n.version
    ORDER BY version DESC LIMIT 1) p ON true
WHERE l.holder = $1 AND n.record >= $2 AND (n.record > $2 OR v.record >= ($3::bigint + 1) / 1024)
    AND (n.record > $2 OR l.number > $3) AND n.record <= $4 AND (n.record < $4 OR v.record <= $5)
    AND (ROW(f.burdens || array_fill(0::float8, ARRAY[greatest(cardinality(g.burdens) - cardinality(f.burdens), 0)]),
             f.content, f.amount) IS DISTINCT FROM ROW(g.burdens, g.content, g.amount)
         OR coalesce(q.quantity, l.quantity) <> coalesce(p.quantity, l.quantity) OR v.own AND v.body IS NULL)
ORDER BY n.record, l.number LIMIT $6;

-- name: revising
-- purpose: records that revised others
SELECT index, encode(digest, 'hex') AS digest, type, body FROM record WHERE index = ANY ($1::bigint[]);

-- name: lots
-- purpose: lots by identifier or item, oldest first, with their burdens, and leaf 0 of their record if it has findings
-- or makes questions
-- parameters: lot id, item, the newest revision to include, tree size
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item, l.facility, l.process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, b.remaining, r.index,
       encode(r.digest, 'hex') AS digest, w.own IS NOT NULL AND w.body IS NULL AS withdrawn,
       CASE WHEN r.type = 'transfer' THEN (
           SELECT frozen FROM dispute WHERE lot = l.number AND record < $4 ORDER BY record DESC LIMIT 1) END AS frozen,
       CASE WHEN r.type = 'transfer' THEN (
           SELECT record FROM acceptance WHERE transfer = r.index AND record < $4) END AS accepted,
       CASE WHEN r.type = 'transfer' THEN (SELECT rule FROM arrival WHERE transfer = r.index) END AS standing,
       f.burdens, CASE WHEN position('"findings":['::bytea IN o.leaf) > 0 OR position('"made":"'::bytea IN o.leaf) > 0
                  THEN o.leaf END AS outcome
FROM lot l JOIN balance b ON b.lot = l.number JOIN record r ON r.index = l.number / 1024
CROSS JOIN LATERAL (
    SELECT burdens FROM figure WHERE lot = l.number AND version <= $3 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index AND version <= $3 ORDER BY version DESC LIMIT 1) n ON true
CROSS JOIN LATERAL (SELECT coalesce(n.leaf, r.outcome) AS leaf) o
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number AND version <= $3
    ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = l.number / 1024 AND own AND version <= $3
    ORDER BY version DESC LIMIT 1) w ON true
WHERE (l.id = $1 OR l.item = $2) AND l.number + 0 < $4::bigint * 1024 ORDER BY l.number LIMIT 1000;

-- name: record
SELECT r.index, r.digest, r.type, r.issuer, r.body, r.seed, r.outcome, e.data,
       EXISTS (SELECT FROM revised WHERE record = r.index) AS revised
FROM record r JOIN entry e ON e.index = r.index WHERE r.digest = $1;

-- name: record_revisions
-- purpose: the versions of a record after revisions, newest first
-- parameters: record index, limit
SELECT n.record AS index, encode(r.digest, 'hex') AS digest, r.type, v.version, v.own, v.body, v.leaf, v.outcome,
       count(*) OVER () AS revisions
FROM revised v JOIN revision n ON n.version = v.version JOIN record r ON r.index = n.record
WHERE v.record = $1 ORDER BY v.version DESC LIMIT $2;

-- name: revised_lots
-- purpose: the lots of a record as revisions left them, in output order
-- parameters: record index, revisions
SELECT f.version, l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity,
       l.unit, CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item,
       CASE WHEN v.number IS NULL THEN l.composition ELSE v.composition END AS composition,
       l.facility, l.process, l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, f.burdens, f.content,
       f.amount, f.method, f.plugin, f.share
FROM lot l JOIN figure f ON f.lot = l.number AND f.version + 0 = ANY ($2::bigint[])
LEFT JOIN LATERAL (
    SELECT number, quantity, mass, composition FROM lot_version WHERE number = l.number AND version <= f.version
    ORDER BY version DESC LIMIT 1) v ON true
WHERE l.number >= $1::bigint * 1024 AND l.number < ($1::bigint + 1) * 1024 ORDER BY l.number;

-- name: organizations
SELECT r.index, r.body,
       (SELECT p.record FROM parent_end p WHERE p.organization = o.id AND NOT p.announced) AS left_parent
FROM organization o JOIN record r ON r.index = o.record
WHERE o.record > $1 ORDER BY o.record LIMIT $2;

-- name: organization_keys
SELECT encode(s.keyid, 'hex') AS keyid, s.spki, s.organization, s.record AS "from", v.record AS revoked,
       (SELECT min(since) FROM compromise c WHERE c.keyid = s.keyid) AS compromised_since
FROM signing_key s LEFT JOIN revocation v ON v.keyid = s.keyid WHERE s.organization = ANY ($1::text[])
ORDER BY s.record + 0, s.keyid;

-- name: lot_number
SELECT number FROM lot WHERE id = $1;

-- name: upstream
-- purpose: the upstream chain of a lot, including the lot itself, as one recursive query
-- parameters: lot number, limit of lots
WITH RECURSIVE reached (lot) AS (
    SELECT $1::bigint
    UNION
    SELECT w.lot FROM reached JOIN flow w ON w.record = reached.lot / 1024 AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
)
SELECT lot FROM reached LIMIT $2;

-- name: upstream_within
-- purpose: the same, within a number of steps
-- parameters: lot number, limit of lots, steps
WITH RECURSIVE reached (lot, depth) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT w.lot, reached.depth + 1 FROM reached JOIN flow w ON w.record = reached.lot / 1024 AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
    WHERE reached.depth < $3
)
SELECT DISTINCT lot FROM reached LIMIT $2;

-- name: downstream
-- purpose: the downstream chain of a lot, including the lot itself, as one recursive query
-- parameters: lot number, limit of lots
WITH RECURSIVE reached (lot) AS (
    SELECT $1::bigint
    UNION
    SELECT made.number FROM reached JOIN flow w ON w.lot = reached.lot AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024
)
SELECT lot FROM reached LIMIT $2;

-- name: downstream_within
-- purpose: the same, within a number of steps
-- parameters: lot number, limit of lots, steps
WITH RECURSIVE reached (lot, depth) AS (
    SELECT $1::bigint, 0
    UNION
    SELECT made.number, reached.depth + 1 FROM reached JOIN flow w ON w.lot = reached.lot AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
    JOIN lot made ON made.number >= w.record * 1024 AND made.number < (w.record + 1) * 1024
    WHERE reached.depth < $3
)
SELECT DISTINCT lot FROM reached LIMIT $2;

-- name: consumers
-- purpose: records that took from lots, with or without outputs
SELECT DISTINCT w.record FROM flow w WHERE w.lot = ANY ($1::bigint[]) AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0);

-- name: chain_lots
SELECT l.number, l.id, l.product, l.holder, l.role, coalesce(v.quantity, l.quantity) AS quantity, l.unit, l.item,
       l.pool, b.remaining, f.share, f.burdens
FROM lot l JOIN balance b ON b.lot = l.number
CROSS JOIN LATERAL (
    SELECT share, burdens FROM figure WHERE lot = l.number ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT quantity FROM lot_version WHERE number = l.number ORDER BY version DESC LIMIT 1) v ON true
WHERE l.number = ANY ($1::bigint[]) ORDER BY l.number;

-- name: chain_records
SELECT index, encode(digest, 'hex') AS digest, type, issuer FROM record WHERE index = ANY ($1::bigint[])
ORDER BY index;

-- name: chain_flows
-- purpose: the flows from lots of a chain into records of the chain
SELECT w.record, w.lot, w.quantity FROM flow w
WHERE w.record = ANY ($1::bigint[]) AND w.lot = ANY ($2::bigint[]) AND w.version = coalesce((
        SELECT max(v.version) FROM revised v WHERE v.record = w.record AND v.own), 0)
ORDER BY w.record, w.position;
