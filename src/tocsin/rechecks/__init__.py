"""Look again, once, at one service of a constituent that asked for it.

One plain connection, no more than any visitor makes; nothing is tried out, guessed or exploited. Whether
an asset may be looked at at all (it is registered, a permission is recorded, the rate is polite) is
decided upstairs, before this is called.
"""

from tocsin.rechecks.check import NoCheck, Result, Seen, can_check, check

__all__ = ["NoCheck", "Result", "Seen", "can_check", "check"]
