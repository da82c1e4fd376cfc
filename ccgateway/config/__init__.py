"""The configuration: one TOML file that people can read, checked before anything starts."""

from ccgateway.config.fault import Fault, FaultyConfig
from ccgateway.config.load import Config, load
from ccgateway.config.tables import (
    AgentSettings,
    AgiSettings,
    ClientSettings,
    DatabaseSettings,
    GatewaySettings,
    HttpSettings,
    LogSettings,
    NodeSettings,
    PauseSettings,
    QueueSettings,
    WebSettings,
)

__all__ = [
    "AgentSettings",
    "AgiSettings",
    "ClientSettings",
    "Config",
    "DatabaseSettings",
    "Fault",
    "FaultyConfig",
    "GatewaySettings",
    "HttpSettings",
    "LogSettings",
    "NodeSettings",
    "PauseSettings",
    "QueueSettings",
    "WebSettings",
    "load",
]
