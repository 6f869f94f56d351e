"""REST endpoints of the kernel, one module per kind of object."""
