"""Names that are always the same for the same content."""

from __future__ import annotations

from typing import Final
from uuid import UUID

NAMESPACE: Final = UUID("7d0f3a52-6c0f-5c57-9d0e-2b1a6b0f4c11")
"""The namespace of Tocsin's name-based identifiers (RFC 9562, version 5)."""
