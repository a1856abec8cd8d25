"""Whole spaces: similarity of two, CKA and its like, centroids, spread, what chance alone gives.

Inner: what is public is `tunescope.geometry`.
"""
