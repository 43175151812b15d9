-- name: ledger
SELECT origin, vkey FROM ledger;

-- name: create_ledger
INSERT INTO ledger (origin, vkey) VALUES ($1, $2);

-- name: create_head
INSERT INTO head (size, root, frontier, time) VALUES (0, $1, $2, 0);

-- name: is_empty
SELECT size = 0 FROM head;

-- name: head
SELECT size, root FROM head;

-- name: tile
SELECT hashes FROM tile WHERE level = $1 AND index = $2;

-- name: entries
SELECT data FROM entry WHERE index >= $1 AND index < $2 ORDER BY index;

-- name: batch_of
-- purpose: the checkpoint of the batch in which an entry was sequenced
SELECT size, root FROM batch WHERE size > $1 ORDER BY size LIMIT 1;

-- name: batches
SELECT size, root FROM batch WHERE size > $1 ORDER BY size LIMIT $2;
