"""Scoring mattes against the truth, with the uncertainty of the scores, and the report that a person looks at."""
