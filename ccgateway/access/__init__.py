"""Who asks over HTTP, what they may do, and what they may see."""
