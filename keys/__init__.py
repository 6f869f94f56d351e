"""Virtual keys, limits, holds and the ledger, provider credentials: who may spend what, exactly."""
