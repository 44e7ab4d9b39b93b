"""A training run: its parts built from a recipe, fitted, tested."""
