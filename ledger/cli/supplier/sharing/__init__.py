"""Commands by which an organisation decides who else reads its records."""
