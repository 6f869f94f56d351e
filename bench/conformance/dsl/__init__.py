"""The workflow language: the specification's conformance kit where it is found, and scenarios of our own."""
