"""Pages of the web, fetched and read as text."""
