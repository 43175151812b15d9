"""The layers before the handlers: they check the host name, read bodies, and limit the number of expensive queries."""
