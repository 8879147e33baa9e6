"""Judge: what a Sigma rule means in ClickHouse, correlation, and silence."""
