"""Configurations: what an OpenAPI document cannot say."""

from specloom.config.load import ConfigError, default_config, load_config
from specloom.config.model import (
    AuthOption,
    Brand,
    Config,
    DynamicResource,
    ErrorPointers,
    Login,
    Target,
    WebhookSettings,
)
from specloom.config.promises import ClientDefaults, Promises, Seat

__all__ = [
    "AuthOption",
    "Brand",
    "ClientDefaults",
    "Config",
    "ConfigError",
    "DynamicResource",
    "ErrorPointers",
    "Login",
    "Promises",
    "Seat",
    "Target",
    "WebhookSettings",
    "default_config",
    "load_config",
]
