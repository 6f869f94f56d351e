"""The gateway process: `/v1/*` over plain ASGI. Imports neither django nor litellm."""
