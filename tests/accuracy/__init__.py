"""Accuracy in float32 against references of many digits, for every family and every method."""
