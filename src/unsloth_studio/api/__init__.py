"""The HTTP application: authenticate, read, run, write."""
