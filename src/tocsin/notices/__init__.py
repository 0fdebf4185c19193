"""Warnings: when an organization should hear from us, what it is told, whether it arrived, what it answers.

Words: a *policy* says how; a *notice* is one warning; a *delivery* carries it to one recipient; an *answer* comes back.
Invariants: every decision has a named reason; a delivery keeps its Message-ID whatever happens; a GET answers nothing.
"""
