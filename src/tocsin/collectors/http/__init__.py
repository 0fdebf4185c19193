"""Documents at a web address."""
