"""Deployments, routes, the decision function, the gateway, usage records and the price catalogue."""
