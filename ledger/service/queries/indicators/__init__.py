"""Indicators of sectors over the records of a period, beside the targets of plans."""
