"""Who can take a call: the agents' states, and how they become members of queues. Pure."""
