"""Steps of the pipeline: frame in, frame out, in Polars and NumPy.

Words: *events* (one row per observation), *keys* (the few narrow columns that decide), *registry*
(who owns what, when), *rejects* (rows that could not become events, with place and reason).

Invariant: no files, no clock, no settings, no network. `now` is an argument.
"""
