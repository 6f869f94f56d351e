"""REST endpoints of keys and money, one module per kind of object."""
