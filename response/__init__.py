"""Respond and learn: the life of an alert, and the audit chain behind it."""
