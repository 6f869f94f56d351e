"""Google Cloud: Workflows."""
