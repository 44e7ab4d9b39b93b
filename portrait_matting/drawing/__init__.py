"""A folder full of portraits that are drawn: on all cores, stopped at any moment and gone on with to the same bytes."""
