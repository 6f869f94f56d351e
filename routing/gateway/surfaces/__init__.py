"""One module per client protocol operation."""
