"""What the package is called."""

from __future__ import annotations

from dataclasses import dataclass

from specloom.config.model import Config
from specloom.emit.python.names import is_identifier, pascal, snake
from specloom.ir.model import Api
from specloom.ir.names import split_words, title_words

__all__ = ["Identity", "identity_of"]

_MODULES = frozenset({"test", "types", "typing", "errors", "client"})


@dataclass(frozen=True, slots=True)
class Identity:
    """Names of the package and its client.

    Attributes:
        client: Class name, ``Unistack``.
        package: Import name.
        project: Distribution name.
        env_prefix: Prefix of environment variables.
        version: Version of the SDK.
        homepage: Address of its page, if any.
    """

    client: str
    package: str
    project: str
    env_prefix: str
    version: str
    homepage: str | None = None

    @property
    def error(self) -> str:
        """The brand's name of the base error."""
        return f"{self.client}Error"


def identity_of(api: Api, config: Config) -> Identity:
    """The configured names, else names made from the document's title.

    Raises:
        ValueError: If a configured name cannot stand in Python.
    """
    brand = config.brand
    named = brand.package or brand.name
    words = split_words(named) if named else title_words(api.title.raw)
    client = brand.name or pascal(words, "Api")
    package = brand.package or snake(words, "api")
    if package in _MODULES:
        package += "_sdk"
    for name in (client, package):
        if not is_identifier(name):
            raise ValueError(f"{name!r} is not a name that Python can use")
    prefix = brand.env_prefix or "_".join(words).upper()
    return Identity(
        client,
        package,
        brand.project or package.replace("_", "-"),
        prefix if prefix[:1].isalpha() else f"API_{prefix}",
        brand.version,
        brand.homepage,
    )
