"""Whole spaces: similarity of two, centroids, spread, capacity."""
