"""Does warning work? Figures of a period, curves, frozen snapshots, trials.

Words: *acknowledged*: an answer came; *verified*: sensors confirm that it is gone; *censored*: still open when we look.
Invariant: a figure can be computed again from the rows it is made of, and a snapshot never changes.
"""
