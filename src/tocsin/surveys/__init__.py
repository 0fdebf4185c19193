"""Ask organizations a question ("do you run X?"), count the answers, chase those that are silent.

Words: *asked*: an organization that a survey went to; *silent*: asked, and nothing answered yet.
Invariants: an organization is asked once, and reminded once a step; every answer stays as a row, the latest one counts.
"""
