"""One row per (organization, asset, kind): when seen first and last, what sensors see, what the owner says.

Invariant: the sensors' state and the owner's word are two fields, and every change of either is a row.
"""
