"""How the database came to look as it does: numbered revisions (`versions/0001_keys.py`, ...), forward only."""
