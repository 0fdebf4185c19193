"""People: users, roles, sign-in links. Organizations are one floor up: a user is never a constituent."""
