"""Who is protected: organizations in a tree, and what they hold: contacts, networks, domains, autonomous systems.

Every holding has days on which it begins and ends (UTC, both included): ownership is asked for at the time of an event.
"""
