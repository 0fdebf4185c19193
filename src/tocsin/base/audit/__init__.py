"""Who did what, when: an append-only chain in which each entry carries the hash of the one before."""
