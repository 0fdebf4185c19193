"""The constituency as a file: read it, check it, write it; YAML, JSON, CSV and XLSX.

Errors name the place (organization, line or cell) and the reason, and are collected, not raised one by one.
"""

from tocsin.roster.read import Read, RowError, read
from tocsin.roster.write import write

__all__ = ["Read", "RowError", "read", "write"]
