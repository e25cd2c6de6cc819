"""Distributions on the unit sphere, one file each."""
