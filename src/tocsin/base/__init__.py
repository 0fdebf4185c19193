"""Django's ground floor: who may see what, the audit trail, claims, database dialects, the web kit."""
