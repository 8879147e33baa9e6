"""Content that people edit without Python: Sigma rules, DLP policy, thresholds."""
