"""How a constituency changes, and what is wrong with one: pure functions over plain values."""
