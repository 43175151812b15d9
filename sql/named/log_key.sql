-- name: count
-- purpose: the number of rotations of the log's key
SELECT count(*) FROM log_key;

-- name: all
SELECT note FROM log_key ORDER BY number;

-- name: add
-- parameters: number, from 1; size of the log; the note
INSERT INTO log_key (number, size, note) VALUES ($1, $2, $3);
