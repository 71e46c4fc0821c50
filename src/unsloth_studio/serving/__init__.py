"""One turn from request to events: admission, engine, deadlines. No HTTP framework, no dialect."""
