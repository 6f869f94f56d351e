"""Definitions, engine, saga, events, approvals, pattern configurations."""
