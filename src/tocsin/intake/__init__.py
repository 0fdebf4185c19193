"""What comes in: arrivals kept byte for byte, batches, rejects, what nobody holds.

Invariant: an arrival is processed once, however often it arrives; a batch's rows appear in one
transaction, after its files are on disk.
"""
