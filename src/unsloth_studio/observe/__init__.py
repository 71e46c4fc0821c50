"""Logs. Taps events, never wire text."""
