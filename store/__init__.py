"""The only code that knows ClickHouse."""
