"""Sessions at servers: who this machine's user is, and an organisation's clients."""
