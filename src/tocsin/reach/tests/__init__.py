"""Tests of reaching people."""
