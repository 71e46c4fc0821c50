"""Clients of other people, and how each is pointed at this server. Pure: facts in, environment, files and words out."""
