"""Server-made SVG: pure functions from plain values to markup."""
