"""The platforms a definition can run on: a folder each, in one vocabulary. `reporting.report` says what maps how."""
