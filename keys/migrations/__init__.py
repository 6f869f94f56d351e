"""Tables, row security and SQL functions of keys."""
