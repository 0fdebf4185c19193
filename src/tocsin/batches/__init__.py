"""One batch through stops two to four on files alone: unpack, recognize, parse, attribute, drop duplicates, fold.

`tocsin process` is this and nothing more; `intake` calls the same function and adds the rows of its
database. It joins feeds, engines and lake, which do not know each other.
"""
