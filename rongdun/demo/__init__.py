"""The demo city: 24 hours of a small, made-up Fuzhou, written as real files."""
