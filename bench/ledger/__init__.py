"""Ledger benchmark: holds and settlements a second of one gateway's ledger, beside bare inserts."""
