"""Indicators of sectors over the records of a period, compared with the targets of plans."""
