"""What can go wrong with the embedded services."""


class EmbeddedError(RuntimeError):
    """The embedded services cannot run here; the text says why and what to do instead."""
