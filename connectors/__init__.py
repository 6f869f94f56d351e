"""Connectors to core systems: the anti-corruption layer (kinds, operations, mappings, permits)."""
