"""Pure rules of keys and money: no framework, no clock, no randomness of its own."""
