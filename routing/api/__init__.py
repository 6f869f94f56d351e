"""REST API of routing: providers, deployments, routes, usage, requests, the price catalogue."""
