"""Which model, which file, which settings."""
