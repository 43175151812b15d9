"""The sources of an audit: a server, or the public log. The audit trusts neither."""
