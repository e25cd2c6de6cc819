"""Joint distributions that are written as programs: what depends on what is how the code reads."""
