"""Where an audit reads from: a server, or the public log. It believes neither."""
