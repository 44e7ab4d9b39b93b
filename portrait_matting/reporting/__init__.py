"""Plots and pictures that more than one report draws."""
