"""How a finding speaks in templates."""
