"""What a trial is, who falls into which arm, and what came of it: pure functions."""
