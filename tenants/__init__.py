"""The kernel: tenants, units, people, roles, scope, audit. Everything else stands on it."""
