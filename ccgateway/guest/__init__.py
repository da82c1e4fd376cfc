"""The administrator's own files, Asterisk's .conf: what ccgateway adds to them, and takes out.

Each of his files gets one line, an ``#include`` of a file of ours. What is to be written is planned
first, and written then, by different modules.
"""
