"""The Python target."""

__all__: list[str] = []
