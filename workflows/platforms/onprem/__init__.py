"""On premise: Temporal."""
