"""Convex hulls: separations with certificates, all label pairs, points to hulls."""
