"""Commands of the registrar: enrol, activate, erase."""
