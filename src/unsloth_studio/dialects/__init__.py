"""Wire dialects: each is read into and written out of the internal model. Pure."""
