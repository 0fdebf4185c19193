"""The pages of an organization: what is open with it, why, what to do, by when; answer, prove, export.

Words: *proof*: a file that an organization gives with its answer.
Invariant: only rows of the viewer's organizations; no number, time or size of any other.
"""
