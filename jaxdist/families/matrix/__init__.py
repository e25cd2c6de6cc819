"""Distributions on matrices, one file each."""
