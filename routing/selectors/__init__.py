"""Reads of routing for pages and API. Each checks its permission and stays inside the open tenant transaction."""
