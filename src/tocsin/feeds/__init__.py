"""Source formats, one folder each, copyable whole: `parse.py` (bytes to events and rejects) and `samples/`.

Words: a *format* is how rows are written; a *feed* (a row in `intake`) is where they come from and how often.

Invariants: a parser never raises on data; every row it reads becomes an event or a reject with row
and reason; it opens nothing but the source it was given, and knows no clock.
"""
