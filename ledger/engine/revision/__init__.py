"""What an amendment or a closing makes of earlier records, and of all that descends from them. Pure."""
