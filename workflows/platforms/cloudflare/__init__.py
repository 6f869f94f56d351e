"""Cloudflare: Workflows."""
