"""Adapters behind `routing.ports`: each file knows one foreign library."""
