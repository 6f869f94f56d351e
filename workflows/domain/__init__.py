"""The pure part of the workflow engine: documents, plans, expressions, decisions."""
