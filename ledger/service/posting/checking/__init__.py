"""Checks of records before they are posted: everything but the append."""
