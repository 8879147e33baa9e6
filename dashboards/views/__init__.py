"""Views of the desk, one page a module."""
