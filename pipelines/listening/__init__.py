"""What is sent here as it happens: received, spooled to disk, and stored by the ingestion of files."""
