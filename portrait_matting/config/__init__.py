"""Recipes: composed, checked, compared."""
