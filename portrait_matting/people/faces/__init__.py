"""What is seen of a body: skin by its map, wrinkles, eyes with lids and lashes, mouths."""
