"""A run: the pool of workers, what stops it, and what it finds left over by a run that died."""
