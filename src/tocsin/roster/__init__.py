"""The constituency as a file: read it, check it, write it; YAML, JSON, CSV and XLSX.

Errors name their place (line and path, or sheet and cell) and the reason, and are collected, not raised one by one.
`docs/reference/constituency.md` describes the four forms.
"""

from tocsin.roster.read import LARGEST, Read, parse, read
from tocsin.roster.reasons import REASONS, RowError
from tocsin.roster.write import KINDS, UnknownKind, content, write

__all__ = ["KINDS", "LARGEST", "REASONS", "Read", "RowError", "UnknownKind", "content", "parse", "read", "write"]
