-- name: head_of_snapshot
-- purpose: the head as a read-only transaction sees it, without its lock
SELECT size, time, revisions FROM head;

-- name: lock_head
-- purpose: takes the lock that orders all writers, as a separate statement
SELECT size, root, frontier, time, revisions FROM head FOR UPDATE;

-- name: batch_state
-- purpose: the state that changes from batch to batch, for everything that a batch names, in one round trip
-- parameters: lot numbers, new names, record digests, key ids, facilities, digests of closings, seeds of salts,
-- receivers, senders and products side by side: the rules for one product, empty for all others; NULL for all rules
WITH b AS MATERIALIZED (SELECT lot, remaining FROM balance WHERE lot = ANY ($1::bigint[])),
     k AS MATERIALIZED (
         SELECT s.keyid, s.spki, s.organization, r.keyid IS NULL AS active
         FROM signing_key s LEFT JOIN revocation r ON r.keyid = s.keyid WHERE s.keyid = ANY ($4::bytea[])),
     a AS MATERIALIZED (SELECT record, plugin, version, digest, retired, precedence FROM activation),
     l AS MATERIALIZED (SELECT id, holder FROM lot WHERE id = ANY ($2::text[])),
     s AS MATERIALIZED (SELECT issuer, seed FROM record WHERE seed = ANY ($7::bytea[])),
     n AS MATERIALIZED (
         SELECT record FROM closing WHERE facility = ANY ($5::text[])
         UNION SELECT index FROM record WHERE digest = ANY ($6::bytea[])),
     c AS MATERIALIZED (
         SELECT encode(r.digest, 'hex') AS digest, c.facility, c.starts, c.ends,
                array_to_string(c.processes, ' ') AS processes
         FROM n JOIN closing c ON c.record = n.record JOIN record r ON r.index = n.record
         WHERE NOT EXISTS (SELECT FROM reopening o WHERE o.closing = n.record)),
     -- The newest rule for each product: one step in the index for each, however often it was replaced.
     v AS MATERIALIZED (
         SELECT r.index, r.body FROM unnest($8::text[], $9::text[], $10::text[]) AS w (receiver, sender, product)
         CROSS JOIN LATERAL (
             (SELECT record FROM standing_acceptance
              WHERE receiver = w.receiver AND sender = w.sender AND product = w.product ORDER BY record DESC LIMIT 1)
             UNION ALL
             (WITH RECURSIVE newest AS (
                 (SELECT product, record FROM standing_acceptance
                  WHERE w.product IS NULL AND receiver = w.receiver AND sender = w.sender
                  ORDER BY product, record DESC LIMIT 1)
                 UNION ALL
                 SELECT f.product, f.record FROM newest CROSS JOIN LATERAL (
                     SELECT product, record FROM standing_acceptance
                     WHERE receiver = w.receiver AND sender = w.sender AND product > newest.product
                     ORDER BY product, record DESC LIMIT 1) f
             ) SELECT record FROM newest)) s
         JOIN record r ON r.index = s.record)
SELECT
    ARRAY(SELECT lot FROM (
        SELECT DISTINCT ON (lot) lot, frozen FROM dispute WHERE lot = ANY ($1::bigint[]) ORDER BY lot, record DESC) d
        WHERE frozen) AS frozen,
    ARRAY(SELECT id FROM pool WHERE id = ANY ($2::text[])) AS taken_pools,
    (SELECT coalesce(array_agg(digest), '{}') FROM c) AS closings,
    (SELECT coalesce(array_agg(facility), '{}') FROM c) AS closed_facilities,
    (SELECT coalesce(array_agg(starts), '{}') FROM c) AS starts,
    (SELECT coalesce(array_agg(ends), '{}') FROM c) AS ends,
    (SELECT coalesce(array_agg(processes), '{}') FROM c) AS processes,
    (SELECT coalesce(array_agg(lot), '{}') FROM b) AS lots,
    (SELECT coalesce(array_agg(remaining), '{}') FROM b) AS remaining,
    (SELECT coalesce(array_agg(id), '{}') FROM l) AS taken_ids,
    (SELECT coalesce(array_agg(holder), '{}') FROM l) AS holders,
    ARRAY(SELECT id FROM organization WHERE id = ANY ($2::text[])) AS taken_organizations,
    ARRAY(SELECT id FROM facility WHERE id = ANY ($2::text[])) AS taken_facilities,
    ARRAY(SELECT id FROM product WHERE id = ANY ($2::text[])) AS taken_products,
    (SELECT coalesce(array_agg(issuer), '{}') FROM s) AS issuers,
    (SELECT coalesce(array_agg(seed), '{}') FROM s) AS seeds,
    ARRAY(SELECT digest FROM record WHERE digest = ANY ($3::bytea[])) AS digests,
    (SELECT coalesce(array_agg(index), '{}') FROM v) AS standing,
    (SELECT coalesce(array_agg(body), '{}') FROM v) AS standing_bodies,
    (SELECT coalesce(array_agg(keyid), '{}') FROM k) AS keyids,
    (SELECT coalesce(array_agg(spki), '{}') FROM k) AS spkis,
    (SELECT coalesce(array_agg(organization), '{}') FROM k) AS organizations,
    (SELECT coalesce(array_agg(active), '{}') FROM k) AS active,
    (SELECT coalesce(array_agg(record ORDER BY record), '{}') FROM a) AS activations,
    (SELECT coalesce(array_agg(plugin ORDER BY record), '{}') FROM a) AS plugins,
    (SELECT coalesce(array_agg(version ORDER BY record), '{}') FROM a) AS versions,
    (SELECT coalesce(array_agg(digest ORDER BY record), '{}') FROM a) AS plugin_digests,
    (SELECT coalesce(array_agg(retired ORDER BY record), '{}') FROM a) AS retired,
    (SELECT coalesce(array_agg(precedence ORDER BY record), '{}') FROM a) AS precedences,
    (SELECT max(record) FROM parent_end) AS parents,
    (SELECT max(record) FROM product_completion) AS completed;

-- name: item_holdings
-- purpose: the lots of items that have a balance
SELECT l.item, l.id FROM lot l JOIN balance b ON b.lot = l.number WHERE l.item = ANY ($1::text[]) AND b.remaining > 0;

-- name: keys_of
-- purpose: all keys of the organisations whose keys change
SELECT s.keyid, s.spki, s.organization, r.keyid IS NULL AS active,
       (SELECT min(since) FROM compromise c WHERE c.keyid = s.keyid) AS compromised_since
FROM signing_key s LEFT JOIN revocation r ON r.keyid = s.keyid WHERE s.organization = ANY ($1::text[]);

-- name: waiting_recoveries
-- purpose: waiting requests to recover organisations, each the newest change of the organisation's keys, with their
-- entries. A later record that gives the log other witnesses ends a request
SELECT w.organization, w.record AS index, encode(r.digest, 'hex') AS digest, r.body, e.data
FROM (SELECT DISTINCT ON (organization) organization, record, recovery FROM key_change
      WHERE organization = ANY ($1::text[]) ORDER BY organization, record DESC) w
JOIN record r ON r.index = w.record JOIN entry e ON e.index = w.record WHERE w.recovery = 'request'
AND NOT EXISTS (SELECT FROM activation a WHERE a.plugin = 'witness-policy' AND a.record > w.record);

-- name: entry
-- parameters: index
SELECT data FROM entry WHERE index = $1;

-- name: keys_known
-- purpose: keys by keyid, of all organisations
SELECT s.keyid, s.spki, s.organization, r.keyid IS NULL AS active
FROM signing_key s LEFT JOIN revocation r ON r.keyid = s.keyid WHERE s.keyid = ANY ($1::bytea[]);

-- name: overlapping_prefixes
-- purpose: enrolled prefixes that start with a new id or prefix, or with which a new id or prefix starts
SELECT p.prefix, p.organization FROM unnest($1::text[]) AS new (prefix) JOIN prefix p
ON p.prefix COLLATE "C" >= new.prefix AND p.prefix COLLATE "C" < new.prefix || chr(1114111)
UNION
SELECT p.prefix, p.organization FROM unnest($1::text[]) AS new (prefix)
CROSS JOIN LATERAL generate_series(1, length(new.prefix)) AS n (length)
JOIN prefix p ON p.prefix = left(new.prefix, n.length);

-- name: overlapping_organizations
-- purpose: organisations whose ids start with a new id or prefix, or with whose ids a new id or prefix starts
SELECT o.id FROM unnest($1::text[]) AS new (name) JOIN organization o
ON o.id COLLATE "C" >= new.name AND o.id COLLATE "C" < new.name || chr(1114111)
UNION
SELECT o.id FROM unnest($1::text[]) AS new (name)
CROSS JOIN LATERAL generate_series(1, length(new.name)) AS n (length)
JOIN organization o ON o.id = left(new.name, n.length);

-- name: accepted_transfers
-- purpose: the transfers that are accepted already; with the standing acceptance, if only this has accepted them: an
-- acceptance replaces it, and a dispute ends it
SELECT encode(r.digest, 'hex') AS digest, NULL AS rule FROM acceptance a JOIN record r ON r.index = a.transfer
WHERE r.digest = ANY ($1::bytea[])
UNION ALL
SELECT encode(r.digest, 'hex'), s.body FROM record r
JOIN arrival v ON v.transfer = r.index JOIN record s ON s.index = v.rule
WHERE r.digest = ANY ($1::bytea[])
    AND NOT EXISTS (SELECT FROM acceptance a WHERE a.transfer = r.index)
    AND NOT EXISTS (SELECT FROM dispute d WHERE d.lot = r.index * 1024);

-- name: openings
-- purpose: existing opening stock, without withdrawn records
SELECT o.facility, o.product FROM opening o JOIN unnest($1::text[], $2::text[]) AS wanted (facility, product)
ON o.facility = wanted.facility AND o.product = wanted.product
WHERE (SELECT true FROM revised v WHERE v.record = o.record AND v.own AND v.body IS NULL LIMIT 1) IS NULL;

-- name: group_goods
-- purpose: the newest totals of goods of groups
-- parameters: groups and subjects, side by side
SELECT w.organization, w.subject, g.kilograms FROM unnest($1::text[], $2::text[]) AS w (organization, subject)
CROSS JOIN LATERAL (
    SELECT kilograms FROM group_goods WHERE organization = w.organization AND subject = w.subject
    ORDER BY record DESC LIMIT 1) g;

-- name: made_goods
-- purpose: the products of which a process has made goods. The limit keeps the planner from joining all lots
SELECT p.product FROM unnest($1::text[]) AS p (product) CROSS JOIN LATERAL (
    SELECT FROM lot WHERE product = p.product AND facility IS NOT NULL AND sender IS NULL AND pool IS NULL
    AND role IN ('product', 'coProduct', 'byProduct') LIMIT 1) made;

-- name: reports
-- purpose: the reported periods of facilities and organisations, without withdrawn reports
SELECT t.subject, t.starts, t.ends FROM report t WHERE t.subject = ANY ($1::text[])
    AND (SELECT true FROM revised v WHERE v.record = t.record AND v.own AND v.body IS NULL LIMIT 1) IS NULL;

-- name: default_pools
SELECT holder, product, id FROM pool WHERE is_default AND holder = ANY ($1::text[]) AND product = ANY ($2::text[]);

-- name: end_batch
-- purpose: the end of a batch: its head, and what remains of the lots that it took from
-- parameters: size, root, frontier, time, revisions, then lot numbers, the remaining quantity of each
WITH written AS (INSERT INTO batch (size, root) VALUES ($1, $2)),
     taken AS (
         UPDATE balance b SET remaining = new.remaining
         FROM unnest($6::bigint[], $7::numeric[]) AS new (lot, remaining) WHERE b.lot = new.lot)
UPDATE head SET size = $1, root = $2, frontier = $3, time = $4, revisions = $5;

-- name: tile_leaf_hashes
-- purpose: leaf hashes of the entries from $1 to below $2, which are the start of the tile that is being filled
SELECT leaf_hash FROM entry WHERE index >= $1 AND index < $2 ORDER BY index;

-- name: tile_roots
-- purpose: roots of the full tiles of level $1 from index $2 to below $3, which are the hashes of the tile above
SELECT root FROM tile WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index;

-- name: end_stalled
-- purpose: ends sessions that hold the lock of the head and have been silent in a COPY for longer than sessions wait
-- for locks; no timeout of the database ends such sessions
SELECT a.pid, pg_terminate_backend(a.pid) FROM pg_stat_activity a
WHERE a.datname = current_database() AND a.pid <> pg_backend_pid() AND a.state = 'active'
    AND a.wait_event_type = 'Client'
    AND a.query_start < clock_timestamp() - current_setting('lock_timeout')::interval
    AND EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND l.relation = 'head'::regclass AND l.granted
                AND l.mode = 'RowShareLock');
