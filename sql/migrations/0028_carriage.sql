-- From which facility a lot was carried, if its maker does not give it, and for how many kilometres transfers state
-- freight. Lots from before have neither.
-- compatible-from: 18

ALTER TABLE lot ADD COLUMN place text, ADD COLUMN carried integer CHECK (carried >= 0);
ALTER TABLE lot_version ADD COLUMN place text, ADD COLUMN carried integer CHECK (carried >= 0);
