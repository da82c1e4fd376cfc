"""The FastAGI server: one module per address that the dialplan calls.

It is our own: panoramisk's loops for ever on a client that connects and closes, has no limits, and
answers out of step after a HANGUP line or a usage reply; nothing of it was left to build on.
"""
