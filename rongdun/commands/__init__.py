"""What `rongdun` can be told, one group of commands a module."""
