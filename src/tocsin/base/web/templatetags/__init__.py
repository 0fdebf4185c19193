"""Template tags of the web kit."""
