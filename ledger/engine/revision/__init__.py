"""The effect of an amendment or a closing on earlier records and on all their descendants. Pure."""
