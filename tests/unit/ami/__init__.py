"""Bytes to facts, actions to bytes: no I/O."""
