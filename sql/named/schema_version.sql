-- name: is_stated
-- purpose: whether the database holds a ledger, of this or another program
SELECT to_regclass('public.schema_version') IS NOT NULL;

-- name: stated
-- purpose: the schema of the database; programs up to 0.2 state no digest
SELECT version, to_jsonb(v) ->> 'digest' AS digest,
       coalesce((to_jsonb(v) ->> 'compatible_from')::int, version) AS compatible_from
FROM public.schema_version v ORDER BY version DESC LIMIT 1;

-- name: lacking
-- purpose: the rights that this account lacks for set-up: to own the database, to make the roles of the servers or, if
-- they exist, to grant them
-- parameters: the names of the roles
SELECT current_user AS account, current_database() AS database,
       NOT pg_has_role(d.datdba, 'USAGE') AS ownership,
       NOT u.rolcreaterole AND existing.roles < cardinality($1::text[]) AS creation,
       existing.granted < existing.roles AS administration
FROM pg_database d, pg_roles u, LATERAL (
    SELECT count(*) AS roles, count(*) FILTER (WHERE pg_has_role(r.oid, 'USAGE WITH ADMIN OPTION')) AS granted
    FROM pg_roles r WHERE r.rolname = ANY ($1::text[])) AS existing
WHERE d.datname = current_database() AND u.rolname = current_user;
