"""From the files that a person names to the files that are asked for: photos and films in, cut-outs out."""
