"""What the engine's ports are bound to."""
