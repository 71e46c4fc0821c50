"""Tools that run on the server: what each takes, does and returns."""
