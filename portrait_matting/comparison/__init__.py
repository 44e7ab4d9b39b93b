"""Comparing finished runs, from their folders alone: which recipe is better, by how much, and is that more than noise."""
