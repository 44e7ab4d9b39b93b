"""Comparing finished runs, from their folders alone: which recipe is better, by how much, and is it more than noise."""
