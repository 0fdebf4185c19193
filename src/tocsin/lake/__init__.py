"""Where files live: raw arrivals byte for byte, event files, dedup segments; paths, checksums, retention.

Invariant: a file under its final name is complete and on disk (written aside, fsync, rename, fsync of the folder).
"""
