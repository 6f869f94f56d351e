"""Translation between the canonical model and the core's own, as lists of rules. Pure, total, exact.

A target document is built from its rules alone, so a field that no rule names cannot pass in either direction.
"""
