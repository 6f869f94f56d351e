"""Composition: settings, processes, wiring. No app imports it, and importing it alone pulls in nothing."""
