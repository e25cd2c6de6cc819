"""Base classes that several families share."""
