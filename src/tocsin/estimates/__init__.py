"""Figures with their uncertainty: shares, how long things stay open, two groups compared. Arrays and floats; no rows."""
