"""Ways in: one folder each, copyable whole. They fetch bytes and say by name why they could not.

A way in knows no database and no feed's format. It is a generator of things found: the caller keeps the
bytes of one, says so (`found.kept`), and asks for the next. What marks, moves or remembers a thing at
its source stands after the `yield`, and happens only if it was kept. Whatever it connects to goes
through `guard`.
"""
