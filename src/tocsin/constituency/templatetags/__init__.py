"""Template filters of the constituency."""
