"""Template filters of reaching people."""
