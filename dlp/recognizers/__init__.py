"""One kind of personal data per module: pattern, checksum, context."""
