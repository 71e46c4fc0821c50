"""`unsloth start`: finds or starts the server, sets a client up, and runs it."""
