"""specloom.yaml: what an OpenAPI document cannot say."""

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

__all__ = [
    "AuthOption",
    "Brand",
    "Config",
    "ConfigError",
    "DynamicResource",
    "ErrorPointers",
    "Login",
    "Target",
    "WebhookSettings",
    "default_config",
    "load_config",
]
