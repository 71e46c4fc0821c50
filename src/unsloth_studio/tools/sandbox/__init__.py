"""Runs commands that nobody vouches for. `probe.SandboxFinder` finds a `launcher.Sandbox`, whose `run` runs one command."""
