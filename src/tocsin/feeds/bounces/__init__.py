"""One source format; see `parse.py`."""
