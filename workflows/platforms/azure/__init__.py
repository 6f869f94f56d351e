"""Azure: Durable Functions."""
