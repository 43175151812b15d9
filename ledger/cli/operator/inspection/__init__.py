"""Commands that show the state of an installation and change nothing: config, doctor, status; and a psql session."""
