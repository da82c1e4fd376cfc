"""Who they are and where they stand. Pure."""
