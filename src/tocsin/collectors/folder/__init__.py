"""Files that appear in a folder."""
