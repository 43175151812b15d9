-- What an organisation owns is found without reading what all others do; so are reports of a period, and prefixes that
-- begin with another one: by bytes, whatever the collation of the database.
CREATE INDEX facility_operator ON facility (operator);
CREATE INDEX product_owner ON product (owner);
CREATE INDEX report_starts ON report (starts);
CREATE INDEX prefix_bytes ON prefix (prefix COLLATE "C");
