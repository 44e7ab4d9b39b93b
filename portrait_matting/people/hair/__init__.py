"""Hair: where it grows, how it is worn, how it falls; beards and brows."""
