"""A year of a constituency, lived in minutes by the real code, and its statistics counted a second time."""
