-- name: is_stated
-- purpose: whether the database holds a ledger, of this or another program
SELECT to_regclass('public.schema_version') IS NOT NULL;

-- name: stated
-- purpose: the schema of the database; programs up to 0.2 state no digest
SELECT version, to_jsonb(v) ->> 'digest' AS digest,
       coalesce((to_jsonb(v) ->> 'compatible_from')::int, version) AS compatible_from
FROM public.schema_version v ORDER BY version DESC LIMIT 1;
