"""The HTTP API and the live feed: what programs and people at a screen ask the gateway."""
