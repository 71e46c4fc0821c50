"""Model text to tool calls and reasoning. Pure: no I/O, no clock, nothing of the project outside this folder."""
