"""Values that callers send, with the bounds that keep arithmetic on them possible."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import Field

Day = Annotated[date, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
"""A day that has one before and one after, in any time zone."""
