-- name: read_fact
SELECT value FROM fact WHERE key = ?;

-- name: write_fact
INSERT OR REPLACE INTO fact (key, value) VALUES (?, ?);

-- name: delete_fact
DELETE FROM fact WHERE key = ?;

-- name: read_lots
-- parameters: ids as a JSON array
SELECT id, remaining, data FROM lot WHERE id IN (SELECT value FROM json_each(?));

-- name: write_lots
INSERT OR REPLACE INTO lot (number, id, item, pool, held, remaining, quantity, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: read_items
-- purpose: the lots of items that have a balance
SELECT item, id FROM lot WHERE held AND item IN (SELECT value FROM json_each(?));

-- name: read_records
-- parameters: digests in hexadecimal as a JSON array
SELECT digest, position, type, issuer FROM record WHERE digest IN (SELECT value FROM json_each(?));

-- name: write_records
INSERT OR REPLACE INTO record (digest, position, type, issuer) VALUES (?, ?, ?, ?);

-- name: read_seeds
-- parameters: seeds in hexadecimal as a JSON array
SELECT seed, issuer FROM salted WHERE seed IN (SELECT value FROM json_each(?));

-- name: write_seeds
INSERT OR IGNORE INTO salted (seed, issuer) VALUES (?, ?);

-- name: read_named
SELECT id, data FROM named WHERE kind = ? AND id IN (SELECT value FROM json_each(?));

-- name: write_named
INSERT OR REPLACE INTO named (kind, id, data) VALUES (?, ?, ?);

-- name: balances
-- parameters: lot number after which to begin, limit
SELECT number, id, remaining, quantity FROM lot WHERE number > ? ORDER BY number LIMIT ?;

-- name: read_pasts
-- parameters: log indexes as a JSON array
SELECT data FROM past WHERE position IN (SELECT value FROM json_each(?)) ORDER BY position;

-- name: write_pasts
INSERT OR REPLACE INTO past (position, facility, starts, ends, data) VALUES (?, ?, ?, ?, ?);

-- name: write_flows
INSERT OR IGNORE INTO flow (lot, record, follows) VALUES (?, ?, ?);

-- name: period
-- purpose: records of a facility that a closing of a period may concern
-- parameters: facility, end, start
SELECT position FROM past WHERE facility = ? AND starts < ? AND ends >= ? ORDER BY position;

-- name: descendants
-- purpose: records and all their descendants through flows. If quantities may change, the remainder of a pool's
-- generation passes to the next one, so the addition that made the next one counts as a descendant too
-- parameters: log indexes as a JSON array, whether quantities may change
WITH RECURSIVE reached (record) AS (
    SELECT value FROM json_each(?)
    UNION
    SELECT flow.record FROM reached CROSS JOIN flow
    WHERE flow.lot >= reached.record * 1024 AND flow.lot < (reached.record + 1) * 1024 AND flow.follows <= ?
)
SELECT record FROM reached ORDER BY record;

-- name: following
-- purpose: the additions that made the next generations of pools
-- parameters: lot numbers as a JSON array
SELECT record FROM flow WHERE lot IN (SELECT value FROM json_each(?)) AND follows;

-- name: newest_before
-- purpose: the newest generation of a pool below a number
SELECT id FROM lot WHERE pool = ? AND number < ? ORDER BY number DESC LIMIT 1;

-- name: read_changed
SELECT record FROM changed WHERE reviser = ?;

-- name: write_changed
INSERT OR IGNORE INTO changed (reviser, record) VALUES (?, ?);

-- name: mark
-- purpose: marks the point to which `back` returns
SAVEPOINT aside;

-- name: back
ROLLBACK TO aside;

-- name: clear_fact
DELETE FROM fact;

-- name: clear_lot
DELETE FROM lot;

-- name: clear_record
DELETE FROM record;

-- name: clear_salted
DELETE FROM salted;

-- name: clear_named
DELETE FROM named;

-- name: clear_past
DELETE FROM past;

-- name: clear_flow
DELETE FROM flow;

-- name: clear_changed
DELETE FROM changed;
