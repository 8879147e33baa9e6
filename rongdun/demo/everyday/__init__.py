"""What happens every day in the demo city, one part of it per module."""
