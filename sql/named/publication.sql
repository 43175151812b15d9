
-- name: lock_head
-- purpose: the head, locked until the transaction ends
SELECT size, root FROM head FOR UPDATE;

-- name: first
-- purpose: the size from which on the log has witnesses
SELECT size FROM publication ORDER BY size LIMIT 1;

-- name: newest
-- purpose: the newest published head, with the witnesses' newest cosignatures
SELECT p.size, coalesce((SELECT r.note FROM renewal r WHERE r.size = p.size ORDER BY r.number DESC LIMIT 1), p.note) AS note
FROM publication p ORDER BY p.size DESC LIMIT 1;

-- name: covering
-- purpose: the first published head that includes an entry
-- parameters: index of the entry
SELECT size, note FROM publication WHERE size > $1 ORDER BY size LIMIT 1;

-- name: at
-- purpose: the note of a published head, with the witnesses' newest cosignatures
-- parameters: size
SELECT coalesce((SELECT r.note FROM renewal r WHERE r.size = p.size ORDER BY r.number DESC LIMIT 1), p.note) AS note
FROM publication p WHERE p.size = $1;

-- name: batch_root
-- purpose: the root of the batch that ends at a size
-- parameters: size
SELECT root FROM batch WHERE size = $1;

-- name: publish
-- purpose: publishes a head permanently; no row if that size is public already
-- parameters: size, note
INSERT INTO publication (size, note) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING true;

-- name: renew
-- purpose: adds newer cosignatures to a published head
-- parameters: size, note
INSERT INTO renewal (size, number, note)
SELECT $1, coalesce(max(number), 0) + 1, $2 FROM renewal WHERE size = $1 ON CONFLICT DO NOTHING RETURNING true;

-- name: lead
-- purpose: whether this session may feed the witnesses; only one session at a time may, until it ends
-- parameters: number of the lock
SELECT pg_try_advisory_lock($1);

-- name: tell
-- purpose: wakes the other servers of this database
-- parameters: channel, payload
SELECT pg_notify($1, $2);
