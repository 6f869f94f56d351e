"""Pure routing logic: no Django, no clock, no input or output."""
