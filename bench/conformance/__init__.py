"""Outside suites run against this project; each case passes, fails, or is skipped with the reason."""
