"""Unsloth Studio: a local LLM served as an API that coding agents can rely on.

Nothing is imported here: the engine child and the command line start from this package and must start fast.
"""

__version__ = "0.1.0"
