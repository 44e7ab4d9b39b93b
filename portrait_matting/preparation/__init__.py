"""A smaller copy of EasyPortrait: found, paired, checked, shrunk, written so that it can be stopped at any moment."""
