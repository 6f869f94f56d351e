"""Decisions of connectors as values: documents, past calls, waiting."""
