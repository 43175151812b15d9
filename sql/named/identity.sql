-- name: key
-- purpose: a key that signs a client assertion, as the head has it; null columns if no such key is enrolled
-- parameters: keyid
SELECT s.spki, s.organization, EXISTS (SELECT FROM revocation r WHERE r.keyid = s.keyid) AS revoked
FROM signing_key s WHERE s.keyid = $1;

-- name: client
-- purpose: a client in force
-- parameters: id
SELECT c.organization, c.scopes, c.secret FROM client c
WHERE c.id = $1 AND NOT EXISTS (SELECT FROM client_revocation v WHERE v.client = c.id)
    AND NOT EXISTS (SELECT FROM compromise k WHERE k.keyid = c.keyid AND k.since <= c.size);

-- name: spend
-- purpose: uses an id up, once for all replicas: a row if it was free. Each call removes a few expired ids, so that the
-- table stays as small as the ids that have not expired
-- parameters: id, seconds since 1970 at which it expires
WITH gone AS (
    DELETE FROM spent_id WHERE id IN (
        SELECT id FROM spent_id WHERE expires < now() - interval '5 minutes' ORDER BY expires LIMIT 4)
)
INSERT INTO spent_id (id, expires) VALUES ($1, to_timestamp($2::double precision)) ON CONFLICT (id) DO NOTHING
RETURNING true AS free;

-- name: token_keys
-- purpose: the newest keys that sign tokens, newest first
-- parameters: most
SELECT number, salt, log_key, extract(epoch FROM begins)::double precision AS begins, replaces
FROM token_key ORDER BY number DESC LIMIT $1;

-- name: add_token_key
-- purpose: a new key that signs tokens, unless another replica has just added one
-- parameters: number, salt, vkey of the log key from which it derives, whether it replaces all earlier keys at once
INSERT INTO token_key (number, salt, log_key, replaces) VALUES ($1, $2, $3, $4) ON CONFLICT (number) DO NOTHING;

-- name: add_client
-- purpose: a new client, if whoever enters it still stands. It names the key that entered the first client of its line,
-- and the size of the log then
-- parameters: id, organisation, name, scopes, hash of the secret, most clients in force of an organisation; keyid of the
-- ledger key, or id of the client, that enters it
WITH entering AS (
    SELECT s.keyid, h.size FROM signing_key s CROSS JOIN head h
    WHERE s.keyid = $7 AND s.organization = $2 AND NOT EXISTS (SELECT FROM revocation r WHERE r.keyid = s.keyid)
    UNION ALL
    SELECT c.keyid, c.size FROM client c
    WHERE c.id = $8 AND c.organization = $2 AND NOT EXISTS (SELECT FROM client_revocation v WHERE v.client = c.id)
        AND NOT EXISTS (SELECT FROM compromise k WHERE k.keyid = c.keyid AND k.since <= c.size)
), added AS (
    INSERT INTO client (id, organization, scopes, secret, keyid, size)
    SELECT $1, $2, $4::text[], $5, e.keyid, e.size FROM entering e WHERE (
        SELECT count(*) FROM (
            SELECT FROM client c WHERE c.organization = $2
                AND NOT EXISTS (SELECT FROM client_revocation v WHERE v.client = c.id)
                AND NOT EXISTS (SELECT FROM compromise k WHERE k.keyid = c.keyid AND k.since <= c.size)
            LIMIT $6) n) < $6
    RETURNING id, keyid, extract(epoch FROM created)::double precision AS created
), named AS (
    INSERT INTO client_name (client, name) SELECT id, $3 FROM added
)
SELECT a.created, encode(a.keyid, 'hex') AS keyid FROM entering e LEFT JOIN added a ON true;

-- name: clients
-- purpose: a page of an organisation's clients, by id. BETWEEN makes the planner take the index that has this order.
-- `compromised`: the first entry that reports the key of a client as compromised by the time at which it entered it
-- parameters: organisation, id after which the page begins, most
SELECT c.id, n.name, c.scopes, extract(epoch FROM c.created)::double precision AS created,
       extract(epoch FROM v.revoked)::double precision AS revoked, encode(c.keyid, 'hex') AS keyid,
       (SELECT min(k.record) FROM compromise k WHERE k.keyid = c.keyid AND k.since <= c.size) AS compromised
FROM client c LEFT JOIN client_revocation v ON v.client = c.id LEFT JOIN client_name n ON n.client = c.id
WHERE c.organization BETWEEN $1 AND $1 AND c.id > $2 ORDER BY c.organization, c.id LIMIT $3;

-- name: revoke_client
-- purpose: a row if the organisation has such a client, whether it was in force or not. Its name goes
-- parameters: id, organisation
WITH own AS (SELECT id FROM client WHERE id = $1 AND organization = $2),
     ended AS (INSERT INTO client_revocation (client) SELECT id FROM own ON CONFLICT (client) DO NOTHING),
     forgotten AS (DELETE FROM client_name WHERE client IN (SELECT id FROM own))
SELECT id FROM own;
