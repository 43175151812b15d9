"""Commands of plugin authors."""
