"""Gateway benchmark: ours, LiteLLM proxy, nginx and the bare upstream, interleaved."""
