"""Tocsin: collects, attributes, warns, and follows until the fix is verified."""

__version__ = "0.1.0"
