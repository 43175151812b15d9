"""How a server is observed: the page of metrics, the access log, and traces."""
