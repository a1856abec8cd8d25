"""Hulls: their separations, certificates and solver, all pairs, points to hulls, warm starts.

Inner: what is public is `tunescope.geometry`.
"""
