"""Asterisk's own journals, CEL and queue_log, which it writes also while we are away."""
