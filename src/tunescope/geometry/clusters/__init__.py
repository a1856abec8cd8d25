"""Clusters whose hulls meet no other label's: agglomeration, its checks, contradictions.

Inner: what is public is `tunescope.geometry`.
"""
