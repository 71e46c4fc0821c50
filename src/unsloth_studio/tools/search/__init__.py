"""Search on the web: one interface, several providers."""
