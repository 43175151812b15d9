-- name: lock_head
-- purpose: take the one lock that orders all writers, as a statement of its own
SELECT size, root, frontier, time FROM head FOR UPDATE;

-- name: batch_state
-- purpose: what changes from batch to batch, for all that a batch names, in one round trip
-- parameters: lot numbers, new lot ids, record digests, key ids
WITH b AS MATERIALIZED (SELECT lot, remaining FROM balance WHERE lot = ANY ($1::bigint[])),
     k AS MATERIALIZED (
         SELECT s.keyid, s.spki, s.organization, r.keyid IS NULL AS active
         FROM signing_key s LEFT JOIN revocation r ON r.keyid = s.keyid WHERE s.keyid = ANY ($4::bytea[])),
     p AS MATERIALIZED (
         SELECT DISTINCT ON (plugin) plugin, version, digest, retired FROM activation ORDER BY plugin, record DESC)
SELECT
    (SELECT coalesce(array_agg(lot), '{}') FROM b) AS lots,
    (SELECT coalesce(array_agg(remaining), '{}') FROM b) AS remaining,
    ARRAY(SELECT id FROM lot WHERE id = ANY ($2::text[])) AS taken_ids,
    ARRAY(SELECT digest FROM record WHERE digest = ANY ($3::bytea[])) AS digests,
    (SELECT coalesce(array_agg(keyid), '{}') FROM k) AS keyids,
    (SELECT coalesce(array_agg(spki), '{}') FROM k) AS spkis,
    (SELECT coalesce(array_agg(organization), '{}') FROM k) AS organizations,
    (SELECT coalesce(array_agg(active), '{}') FROM k) AS active,
    (SELECT coalesce(array_agg(plugin), '{}') FROM p WHERE NOT retired) AS plugins,
    (SELECT coalesce(array_agg(version), '{}') FROM p WHERE NOT retired) AS versions,
    (SELECT coalesce(array_agg(digest), '{}') FROM p WHERE NOT retired) AS plugin_digests;

-- name: item_holdings
-- purpose: the lots of items that have a balance
SELECT l.item, l.id FROM lot l JOIN balance b ON b.lot = l.number WHERE l.item = ANY ($1::text[]) AND b.remaining > 0;

-- name: keys_of
-- purpose: all keys of organisations whose keys change
SELECT s.keyid, s.spki, s.organization, r.keyid IS NULL AS active
FROM signing_key s LEFT JOIN revocation r ON r.keyid = s.keyid WHERE s.organization = ANY ($1::text[]);

-- name: overlapping_prefixes
-- purpose: enrolled prefixes that start with a new one, or that a new one starts with
SELECT p.prefix, p.organization FROM prefix p JOIN unnest($1::text[]) AS new (prefix)
ON starts_with(p.prefix, new.prefix) OR starts_with(new.prefix, p.prefix);

-- name: accepted_transfers
-- purpose: which transfers are accepted already
SELECT encode(r.digest, 'hex') AS digest FROM acceptance a JOIN record r ON r.index = a.transfer
WHERE r.digest = ANY ($1::bytea[]);

-- name: update_head
UPDATE head SET size = $1, root = $2, frontier = $3, time = $4;

-- name: update_balances
-- parameters: lot numbers, what is left of each
UPDATE balance b SET remaining = new.remaining
FROM unnest($1::bigint[], $2::numeric[]) AS new (lot, remaining) WHERE b.lot = new.lot;

-- name: insert_batch
INSERT INTO batch (size, root) VALUES ($1, $2);

-- name: tile_leaf_hashes
-- purpose: leaf hashes of entries from $1 on, below $2: the start of the tile that is being filled
SELECT leaf_hash FROM entry WHERE index >= $1 AND index < $2 ORDER BY index;

-- name: tile_roots
-- purpose: roots of full tiles of level $1, from index $2 on, below $3: the hashes of the tile above
SELECT root FROM tile WHERE level = $1 AND index >= $2 AND index < $3 ORDER BY index;
