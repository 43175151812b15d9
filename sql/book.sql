-- name: read_fact
SELECT value FROM fact WHERE key = ?;

-- name: write_fact
INSERT OR REPLACE INTO fact (key, value) VALUES (?, ?);

-- name: read_lots
-- parameters: ids as a JSON array
SELECT id, remaining, data FROM lot WHERE id IN (SELECT value FROM json_each(?));

-- name: write_lots
INSERT OR REPLACE INTO lot (number, id, item, held, remaining, quantity, data) VALUES (?, ?, ?, ?, ?, ?, ?);

-- name: read_items
-- purpose: the lots of items that have a balance
SELECT item, id FROM lot WHERE held AND item IN (SELECT value FROM json_each(?));

-- name: read_records
-- parameters: digests in hexadecimal as a JSON array
SELECT digest, position, type, issuer FROM record WHERE digest IN (SELECT value FROM json_each(?));

-- name: write_records
INSERT OR REPLACE INTO record (digest, position, type, issuer) VALUES (?, ?, ?, ?);

-- name: read_named
SELECT id, data FROM named WHERE kind = ? AND id IN (SELECT value FROM json_each(?));

-- name: write_named
INSERT OR REPLACE INTO named (kind, id, data) VALUES (?, ?, ?);

-- name: balances
SELECT number, id, remaining, quantity FROM lot ORDER BY number;
