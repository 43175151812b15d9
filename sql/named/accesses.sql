-- name: write
-- purpose: appends rows to the access log, numbered without a gap, and puts rows with further readings in the place of
--          earlier ones; nothing, and no row, if the day is closed
-- parameters: day, owners and rows to append, numbers and rows to replace
WITH counted AS (
    INSERT INTO access_day (day, size) VALUES ($1::date, greatest(cardinality($2::text[]), 1))
    ON CONFLICT (day) DO UPDATE SET size = access_day.size + cardinality($2::text[]) WHERE NOT access_day.closed
    RETURNING size - cardinality($2::text[]) AS first),
replaced AS (
    UPDATE access a SET data = g.data, leaf_hash = sha256('\x00'::bytea || g.data)
    FROM counted CROSS JOIN unnest($4::bigint[], $5::bytea[]) AS g (number, data)
    WHERE a.day = $1::date AND a.number = g.number
    RETURNING 1),
added AS (
    INSERT INTO access (day, number, owner, data, leaf_hash)
    SELECT $1::date, counted.first + r.place - 1, r.owner, r.data, sha256('\x00'::bytea || r.data)
    FROM counted CROSS JOIN unnest($2::text[], $3::bytea[]) WITH ORDINALITY AS r (owner, data, place)
    RETURNING 1)
SELECT first, (SELECT count(*) FROM replaced) AS replaced, (SELECT count(*) FROM added) AS added FROM counted;

-- name: ended
-- purpose: days that have ended by the database's clock too, and are not closed
-- parameters: the first day that has not ended, seconds after the end of a day
SELECT day FROM access_day
WHERE NOT closed AND day < $1::date AND day < (now() AT TIME ZONE 'UTC' - make_interval(secs => $2))::date
ORDER BY day LIMIT 100;

-- name: lock_day
-- purpose: the size of a day that no other server closes
-- parameters: day
SELECT size FROM access_day WHERE day = $1::date AND NOT closed FOR UPDATE SKIP LOCKED;

-- name: leaves
-- purpose: leaf hashes of a day, in order
-- parameters: day, first number, limit
SELECT number, leaf_hash FROM access WHERE day = $1::date AND number >= $2 ORDER BY number LIMIT $3;

-- name: add_tiles
-- parameters: day, levels, indexes, hashes
INSERT INTO access_tile (day, level, index, hashes)
SELECT $1::date, * FROM unnest($2::smallint[], $3::bigint[], $4::bytea[]);

-- name: add_root
-- parameters: day, size, note
INSERT INTO access_root (day, size, note) VALUES ($1::date, $2, $3);

-- name: close_day
-- parameters: day
UPDATE access_day SET closed = true WHERE day = $1::date;

-- name: of_owner
-- purpose: a page of the rows of an organisation, newest first
-- parameters: organisation, first day, day and number before which the page begins, limit
SELECT day, number, data FROM access
WHERE owner = $1 AND day >= $2::date AND (day, number) < ($3::date, $4::bigint)
ORDER BY day DESC, number DESC LIMIT $5;

-- name: owned
-- purpose: those of the given rows of a day that are of an organisation
-- parameters: day, numbers, organisation
SELECT number FROM access WHERE day = $1::date AND number = ANY ($2::bigint[]) AND owner = $3;

-- name: root
-- parameters: day
SELECT size, note FROM access_root WHERE day = $1::date;

-- name: roots
-- parameters: the day before, limit
SELECT day, note FROM access_root WHERE day > $1::date ORDER BY day LIMIT $2;

-- name: tiles
-- parameters: day, levels, indexes
SELECT t.level, t.index, t.hashes FROM unnest($2::smallint[], $3::bigint[]) AS w (level, index)
CROSS JOIN LATERAL (
    SELECT * FROM access_tile WHERE day = $1::date AND level = w.level AND index = w.index LIMIT 1) t;

-- name: expired
-- purpose: closed days before a day that still have rows
-- parameters: day
SELECT d.day, d.size FROM access_day d
WHERE d.closed AND d.day < $1::date AND d.day >= (SELECT min(day) FROM access)
AND EXISTS (SELECT FROM access a WHERE a.day = d.day)
ORDER BY d.day LIMIT 100;

-- name: expire_rows
-- parameters: day, first number, the number after the last
DELETE FROM access WHERE day = $1::date AND number >= $2 AND number < $3;

-- name: expire_tiles
-- parameters: day, level, first index, the index after the last
DELETE FROM access_tile WHERE day = $1::date AND level = $2 AND index >= $3 AND index < $4;
