"""The `unsloth` command: parse, call one function, print."""
