"""Campaigns: one weakness, every organization it concerns, on one page, until the last one is done.

Words: *campaign*: a named look at findings; *standing*: how one organization stands in it; *press*: tell somebody further of a
notice that nobody answers, now.
Invariant: a campaign changes no finding, and only the team sees it, for it compares organizations.
"""
