-- Factor sets have a precedence among each other.

ALTER TABLE activation ADD COLUMN precedence integer;
