"""How people are reached: keys to encrypt to, ways beside mail, contacts proven alive, drills, a figure with its reasons.

Words: an *endpoint* is a chat room or a webhook of an organization; a *call* is a short mail that asks a contact to
confirm something by its link; a *drill* calls many at once and tells who answered in what time; a *proposal* is a change
of contacts that the organization asks for and the team decides.

Invariants: a secret is sealed at rest and shown once or never; nothing changes because somebody's scanner opened a link;
whoever must be encrypted to gets nothing in the clear.
"""
