"""Words of collecting in templates."""
