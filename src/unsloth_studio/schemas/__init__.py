"""JSON schemas: lowered to what the engine's grammar compiler takes, and checked in full after generation."""
