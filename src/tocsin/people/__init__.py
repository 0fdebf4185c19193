"""The people pages: administrators say who signs in, with what role, for which organization. It has no rows of its own.

`accounts` knows people and no organizations, `constituency` knows organizations; here they come together.
"""
