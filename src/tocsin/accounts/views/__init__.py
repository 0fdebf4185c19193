"""Pages of signing in, of proving it again, and of one's own account."""
