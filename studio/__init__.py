"""Pages only: the console and the Studio."""
