"""Tools that run on the server: python and terminal in a sandbox, search and reading of the web."""
