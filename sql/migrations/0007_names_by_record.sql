-- What a record has entered is found by its index too, so that an audit compares it beside the record.

CREATE INDEX organization_record ON organization (record);
CREATE INDEX prefix_organization ON prefix (organization);
CREATE INDEX signing_key_record ON signing_key (record);
CREATE INDEX revocation_record ON revocation (record);
CREATE INDEX compromise_record ON compromise (record);
CREATE INDEX facility_record ON facility (record);
CREATE INDEX product_record ON product (record);
CREATE INDEX acceptance_record ON acceptance (record);
CREATE INDEX pool_record ON pool (record);
CREATE INDEX reopening_record ON reopening (record);
CREATE INDEX dispute_record ON dispute (record);
