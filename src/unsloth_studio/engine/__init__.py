"""The engine: llama.cpp's server as a managed child, or one that already runs."""
