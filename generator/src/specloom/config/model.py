"""The configuration as frozen data. Every member has a default: a document alone is enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from specloom.config.promises import Promises

__all__ = [
    "AuthOption",
    "Brand",
    "Config",
    "DynamicResource",
    "ErrorPointers",
    "Login",
    "Target",
    "WebhookSettings",
]


@dataclass(frozen=True, slots=True)
class Brand:
    """How the API's SDKs are called. None: made from the document's title.

    Attributes:
        name: The client's class name, e.g. ``Unistack``.
        package: Import name.
        project: Distribution name.
        env_prefix: Prefix of environment variables, e.g. ``UNISTACK``.
        version: Version of the SDKs.
        homepage: Address of the project's page.
    """

    name: str | None = None
    package: str | None = None
    project: str | None = None
    env_prefix: str | None = None
    version: str = "0.1.0"
    homepage: str | None = None


@dataclass(frozen=True, slots=True)
class AuthOption:
    """A client option that carries the credential of a security scheme."""

    option: str
    scheme: str
    env: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """Tokens by login and refresh: operation ids, and JSON pointers into their responses."""

    login: str
    refresh: str | None = None
    access_token: str = "/access_token"
    refresh_token: str | None = None
    refresh_body: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ErrorPointers:
    """Where an error body says what went wrong: JSON pointers, tried in order; None: defaults."""

    code: tuple[str, ...] | None = None
    message: tuple[str, ...] | None = None
    details: tuple[str, ...] | None = None
    request_id: tuple[str, ...] | None = None
    success_flag: str | None = None


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """``discriminator`` is the property of a payload that names the event."""

    discriminator: str | None = None


@dataclass(frozen=True, slots=True)
class DynamicResource:
    """A client method that binds a path parameter of a resource once."""

    method: str
    resource: str
    param: str


@dataclass(frozen=True, slots=True)
class Target:
    """One SDK to generate. ``options`` are the emitter's own settings."""

    name: str
    out: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Config:
    """A whole configuration.

    Attributes:
        document: The document, relative to the configuration's folder.
        brand: How the SDKs are called.
        auth: Client options in argument order; empty: one for each security scheme.
        unwrap: Property of a response envelope that methods hand out.
        unwrap_siblings: Properties that an envelope may have beside it.
        resources: Operation id -> ``"resource.path.method"``.
        skip: Operation ids that no SDK offers.
        models: Component name -> name in the SDKs.
        pagination: Operation id -> an ``x-pagination`` value, or False for none.
        promises: What a configuration of another generator promises beside that.
        path: The file that was read; None for the defaults.
        sha256: SHA-256 of the file's bytes in hex; empty for the defaults.
    """

    document: str | None = None
    brand: Brand = Brand()
    auth: tuple[AuthOption, ...] = ()
    login: Login | None = None
    unwrap: str | None = None
    unwrap_siblings: tuple[str, ...] = (
        "success",
        "meta",
        "warning",
        "message",
        "request_id",
    )
    errors: ErrorPointers = ErrorPointers()
    resources: Mapping[str, str] = field(default_factory=dict)
    skip: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    pagination: Mapping[str, Any] = field(default_factory=dict)
    webhooks: WebhookSettings = WebhookSettings()
    dynamic: tuple[DynamicResource, ...] = ()
    targets: Mapping[str, Target] = field(default_factory=dict)
    promises: Promises = field(default_factory=Promises)
    path: str | None = None
    sha256: str = ""
