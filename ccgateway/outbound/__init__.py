"""Whom we call, and whether we may: attempts, their gate and their progress. Pure."""
