-- When lots were made, and since when their owner has them: the age of goods that are returned, and whether a process
-- can have taken them. Lots from before have no such times.
-- compatible-from: 18

ALTER TABLE lot ADD COLUMN made text, ADD COLUMN since text;
