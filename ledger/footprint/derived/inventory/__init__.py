"""The yearly inventory of an organisation and the report of a site, as arithmetic."""
