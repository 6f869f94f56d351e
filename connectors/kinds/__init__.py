"""The kinds of connectors: one folder each, found by walking, with a `SPEC`."""
