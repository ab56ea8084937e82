"""Specloom: any OpenAPI document to typed SDKs."""

__all__ = ["__version__"]

__version__ = "0.1.0"
