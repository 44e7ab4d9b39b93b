"""What a training step needs of a card's memory, known before it is run, and what fits."""
