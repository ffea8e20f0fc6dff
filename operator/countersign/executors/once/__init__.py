"""Ways to carry an operation out exactly once, whatever happens in between."""
