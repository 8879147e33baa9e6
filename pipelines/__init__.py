"""Sense: bytes become rows, rows are judged, everything is written through the store."""
