-- name: held
-- purpose: lots that an organisation holds or held, newest first, from one range of the index lot_holder: the conditions and
-- the order are the index's, so that no other index serves them
-- parameters: holder, lot number below which to begin, limit
SELECT number, product, facility, owner FROM lot WHERE (holder, number) < ($1, $2) AND (holder, number) >= ($1, 0)
ORDER BY holder DESC, number DESC LIMIT $3;

-- name: owned
-- purpose: candidates for the lots that an organisation owns or owned, newest first: the lots with this owner, and all lots
-- that it holds, of which those without `owner` are its own. The caller drops the others, so that an end is an end
-- parameters: owner, lot number below which to begin, limit
(SELECT number, product, facility, owner FROM lot
 WHERE owner IS NOT NULL AND (owner, number) < ($1, $2) AND (owner, number) >= ($1, 0)
 ORDER BY owner DESC, number DESC LIMIT $3)
UNION ALL
(SELECT number, product, facility, owner FROM lot WHERE (holder, number) < ($1, $2) AND (holder, number) >= ($1, 0)
 ORDER BY holder DESC, number DESC LIMIT $3)
ORDER BY number DESC LIMIT $3;

-- name: in_stock
-- purpose: those of the lots that have a remaining quantity
-- parameters: lot numbers
SELECT lot AS number FROM balance WHERE lot = ANY ($1::bigint[]) AND remaining > 0;

-- name: lots
-- purpose: lots by number, with their burdens, and leaf 0 of their record if it has findings or makes questions
-- parameters: lot numbers, the newest revision to include, tree size
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, coalesce(v.quantity, l.quantity) AS quantity, l.unit,
       CASE WHEN v.number IS NULL THEN l.mass ELSE v.mass END AS mass, l.item, l.facility, l.process,
       l.previous_life, l.owner, l.sender, l.pool, l.credit, l.expires, l.made, l.since, b.remaining, r.index,
       encode(r.digest, 'hex') AS digest, w.own IS NOT NULL AND w.body IS NULL AS withdrawn,
       CASE WHEN r.type = 'transfer' THEN (
           SELECT frozen FROM dispute WHERE lot = l.number AND record < $3 ORDER BY record DESC LIMIT 1) END AS frozen,
       CASE WHEN r.type = 'transfer' THEN (
           SELECT record FROM acceptance WHERE transfer = r.index AND record < $3) END AS accepted,
       CASE WHEN r.type = 'transfer' THEN (SELECT rule FROM arrival WHERE transfer = r.index) END AS standing,
       f.burdens, CASE WHEN position('"findings":['::bytea IN o.leaf) > 0 OR position('"made":"'::bytea IN o.leaf) > 0
                  THEN o.leaf END AS outcome
FROM lot l JOIN balance b ON b.lot = l.number JOIN record r ON r.index = l.number / 1024
CROSS JOIN LATERAL (
    SELECT burdens FROM figure WHERE lot = l.number AND version <= $2 ORDER BY version DESC LIMIT 1) f
LEFT JOIN LATERAL (
    SELECT leaf FROM revised WHERE record = r.index AND version <= $2 ORDER BY version DESC LIMIT 1) n ON true
CROSS JOIN LATERAL (SELECT coalesce(n.leaf, r.outcome) AS leaf) o
LEFT JOIN LATERAL (
    SELECT number, quantity, mass FROM lot_version WHERE number = l.number AND version <= $2
    ORDER BY version DESC LIMIT 1) v ON true
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
WHERE l.number = ANY ($1::bigint[]) ORDER BY l.number DESC;

-- name: title_limits
-- purpose: the limits of titles in log order, NULL for the usual one.
-- parameters: tree size
SELECT a.record, CASE WHEN NOT a.retired THEN a.version END AS share FROM activation a
WHERE a.plugin = 'footprint-limit' AND a.record < $1
ORDER BY a.record;

-- name: received
-- purpose: transfers to an organisation, newest first, from one range of the index transfer_receiver
-- parameters: receiver, log index below which to begin, limit
SELECT t.record AS index, 'transfer' AS type FROM transfer t
WHERE (t.receiver, t.record) < ($1, $2) AND (t.receiver, t.record) >= ($1, 0)
ORDER BY t.receiver DESC, t.record DESC LIMIT $3;

-- name: issued
-- purpose: records of an organisation, newest first, from one range of the index record_issuer
-- parameters: issuer, log index below which to begin, limit
SELECT index, type FROM record WHERE (issuer, index) < ($1, $2) AND (issuer, index) >= ($1, 0)
ORDER BY issuer DESC, index DESC LIMIT $3;

-- name: partners
-- purpose: senders and receivers of transfers, for a filter that reads no bodies
-- parameters: log indexes of transfers
SELECT r.index, r.issuer, t.receiver FROM record r JOIN transfer t ON t.record = r.index
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index DESC;

-- name: stated
-- purpose: the facilities and ends, or times, that records state, as of that revision, for a filter
-- parameters: log indexes, the newest revision to include
SELECT r.index, b.body ->> 'facility' AS facility, coalesce(b.body ->> 'end', b.body ->> 'time') AS ended
FROM record r
LEFT JOIN LATERAL (
    SELECT body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (
    SELECT replace(convert_from(coalesce(w.body, r.body), 'UTF8'), '\u0000', '\u0001')::json AS body OFFSET 0) b
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index DESC;

-- name: parties
-- purpose: the parties and times of transfers, as of that revision. It does not return bodies, since each may have 1 MiB.
-- JSON may contain \u0000, which PostgreSQL does not allow in text
-- parameters: log indexes of transfers, the newest revision to include
SELECT r.index, r.issuer, t.receiver, b.body ->> 'time' AS time, b.body ->> 'purpose' AS purpose,
       w.own IS NOT NULL AND w.body IS NULL AS withdrawn
FROM record r JOIN transfer t ON t.record = r.index
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
-- OFFSET 0 converts each body once.
CROSS JOIN LATERAL (
    SELECT replace(convert_from(coalesce(w.body, r.body), 'UTF8'), '\u0000', '\u0001')::json AS body OFFSET 0) b
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index DESC;

-- name: transfers
-- purpose: lots of transfers, with the acceptance and the quantity that it sent back; or with the rule that accepted
-- them on arrival, unless a dispute took that back
-- parameters: log indexes of transfers, tree size
SELECT t.record AS index, l.number, coalesce(a.record, v.rule) AS accepted, x.quantity AS returned,
       a.record IS NULL AND v.rule IS NOT NULL AS on_arrival
FROM transfer t JOIN lot l ON l.id = t.new_lot
LEFT JOIN acceptance a ON a.transfer = t.record AND a.record < $2
LEFT JOIN arrival v ON v.transfer = t.record
    AND NOT EXISTS (SELECT FROM dispute d WHERE d.lot = t.record * 1024 AND d.record < $2)
LEFT JOIN lot x ON x.number = a.record * 1024
WHERE t.record = ANY ($1::bigint[]);

-- name: records
-- purpose: records by log index, as of that revision, with their facility, process, times, and number of lots. It does not
-- return bodies, since each may have 1 MiB
-- parameters: log indexes, the newest revision to include
SELECT r.index, encode(r.digest, 'hex') AS digest, r.type, r.issuer, r.erased, e.data,
       b.body ->> 'facility' AS facility, b.body ->> 'process' AS process, b.body ->> 'start' AS started,
       coalesce(b.body ->> 'end', b.body ->> 'time') AS ended, w.own IS NOT NULL AS amended,
       w.own IS NOT NULL AND w.body IS NULL AS withdrawn,
       (SELECT count(*) FROM lot l WHERE l.number >= r.index * 1024 AND l.number < (r.index + 1) * 1024) AS lots
FROM record r JOIN entry e ON e.index = r.index
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
CROSS JOIN LATERAL (
    SELECT replace(convert_from(coalesce(w.body, r.body), 'UTF8'), '\u0000', '\u0001')::json AS body OFFSET 0) b
WHERE r.index = ANY ($1::bigint[]) ORDER BY r.index DESC;

-- name: operator
-- purpose: the operator of a facility
-- parameters: facility, tree size
SELECT operator FROM facility WHERE id = $1 AND record < $2;

-- name: product_owner
-- parameters: product, tree size
SELECT owner FROM product WHERE id = $1 AND record < $2;

-- name: enrolled
-- parameters: organisation, tree size
SELECT EXISTS (SELECT FROM organization WHERE id = $1 AND record < $2);

-- name: named
-- purpose: the kinds of things that have a name, with the record that entered each
-- parameters: name, tree size
SELECT 'lot' AS kind, number / 1024 AS record, number FROM lot WHERE id = $1 AND number < $2::bigint * 1024
UNION ALL SELECT 'organization', record, NULL FROM organization WHERE id = $1 AND record < $2
UNION ALL SELECT 'facility', record, NULL FROM facility WHERE id = $1 AND record < $2
UNION ALL SELECT 'product', record, NULL FROM product WHERE id = $1 AND record < $2
UNION ALL SELECT 'pool', record, NULL FROM pool WHERE id = $1 AND record < $2
UNION ALL (SELECT 'item', number / 1024, number FROM lot WHERE item = $1 AND number + 0 < $2::bigint * 1024
           ORDER BY number + 0 DESC LIMIT 1);

-- name: record_of_digest
-- parameters: digest, tree size
SELECT 'record' AS kind, index AS record, NULL::bigint AS number FROM record WHERE digest = $1 AND index + 0 < $2;

-- name: record_of_index
-- parameters: log index, tree size
SELECT 'record' AS kind, index AS record, NULL::bigint AS number FROM record WHERE index = $1 AND $1 < $2::bigint;

-- name: body
-- purpose: the body of a record as of that revision, NULL if withdrawn
-- parameters: log index, the newest revision to include
SELECT CASE WHEN w.own THEN w.body ELSE r.body END AS body FROM record r
LEFT JOIN LATERAL (
    SELECT own, body FROM revised WHERE record = r.index AND own AND version <= $2
    ORDER BY version DESC LIMIT 1) w ON true
WHERE r.index = $1;

-- name: any_attested
-- parameters: tree size
SELECT EXISTS (SELECT FROM attestation WHERE record < $1);
