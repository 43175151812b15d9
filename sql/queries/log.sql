-- name: ledger
SELECT origin, vkey FROM ledger;

-- name: create_ledger
INSERT INTO ledger (origin, vkey) VALUES ($1, $2);

-- name: create_head
INSERT INTO head (size, root, frontier, time) VALUES (0, $1, $2, 0);

-- name: is_empty
SELECT size = 0 FROM head;

-- name: size
SELECT size FROM head;

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

-- name: audit_entries
-- purpose: what an audit replays: entries with their bodies and what was stored of their outcomes
SELECT e.index, e.data, r.body, r.seed, r.outcome FROM entry e LEFT JOIN record r ON r.index = e.index
WHERE e.index >= $1 AND e.index < $2 ORDER BY e.index;

-- name: audit_lots
SELECT l.number, l.id, l.product, l.holder, l.role, l.origin, l.quantity, l.unit, l.mass, l.item, l.composition,
       l.facility, l.process, l.previous_life, f.burdens, f.content, f.amount, f.method, f.plugin, f.share
FROM lot l JOIN figure f ON f.lot = l.number AND f.from_index = l.number / 1024
WHERE l.number >= $1 * 1024 AND l.number < $2 * 1024 ORDER BY l.number;

-- name: audit_flows
SELECT record, lot, quantity FROM flow WHERE record >= $1 AND record < $2 ORDER BY record, position;

-- name: audit_balances
SELECT l.number, l.id, b.remaining FROM balance b JOIN lot l ON l.number = b.lot
WHERE b.lot > $1 ORDER BY b.lot LIMIT $2;
