"""Words of the trade, in plain Python.

What the whole field agrees on and nobody here may redefine: the columns of an event, RSIT classes
and types, severities, TLP labels, and how durations and days are written.

Invariant: the standard library only, and no input or output.
"""
