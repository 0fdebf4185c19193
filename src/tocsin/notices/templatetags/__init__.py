"""How notices speak in templates."""
