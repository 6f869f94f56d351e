"""Codecs: file formats of the outside world to canonical values and back. Pure."""
