"""Distributions on an interval, one file each."""
