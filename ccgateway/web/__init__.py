"""The HTTP API and the live feed: what programs and people at a screen ask the gateway."""

from ccgateway.web.feed import Feed
from ccgateway.web.server import WebServer

__all__ = ["Feed", "WebServer"]
