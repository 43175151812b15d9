"""The answers of a server, as types: the server fills them in, clients read them."""
