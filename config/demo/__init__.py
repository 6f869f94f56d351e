"""What a demonstration installation brings along: a sandbox model server and the demo tenant."""
