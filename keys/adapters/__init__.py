"""Implementations of the ports of this app, each around one foreign library."""
