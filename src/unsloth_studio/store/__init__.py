"""What is kept: keys, in SQLite. Every call off the event loop."""
