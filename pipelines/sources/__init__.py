"""One format per module: bytes in, batches of typed columns out."""
