-- Since when the owner of a good has it: the age of goods that are returned. Lots from before have no such time.
-- compatible-from: 18

ALTER TABLE lot ADD COLUMN since text;
