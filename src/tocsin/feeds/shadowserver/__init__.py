"""Shadowserver's reports: every type, by the published schema when there is one, by the shared columns when not."""
