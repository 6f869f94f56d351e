"""Template tags of the console; templates load `ui`."""
