"""The manners of the API: who calls and what for, pages by cursor, errors as problems, one document of it all.

Words: a *caller* is a token or a person with a session; a *scope* is what a route asks of its caller; a
*problem* is an error as RFC 9457 writes it; a *cursor* says where the next page begins.
Invariants: every route names one scope; every error is a problem; a row that is not yours answers 404.
"""
