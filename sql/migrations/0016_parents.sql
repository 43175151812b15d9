-- The organisations below another one are looked up, however many groups there are.

ALTER TABLE organization ADD COLUMN parent text REFERENCES organization;
ALTER TABLE organization DISABLE TRIGGER only_grows;
-- JSON may hold \u0000, which text of PostgreSQL may not.
UPDATE organization o SET parent = replace(convert_from(r.body, 'UTF8'), '\u0000', '\u0001')::json ->> 'parent'
FROM record r WHERE r.index = o.record;
ALTER TABLE organization ENABLE TRIGGER only_grows;
CREATE INDEX organization_parent ON organization (parent) WHERE parent IS NOT NULL;
