"""Dagster definitions: thin assets, checks, schedules and sensors."""
