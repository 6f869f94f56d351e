"""REST endpoints of workflows."""
