"""Ways out, one folder each: deliver a rendered message, return a receipt or an error that says whether it is permanent."""
