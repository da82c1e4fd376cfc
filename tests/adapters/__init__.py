"""Adapters against the real thing, or a fake of the far side."""
