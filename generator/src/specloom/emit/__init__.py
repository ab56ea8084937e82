"""From the description of an API to files, one package a language."""

__all__: list[str] = []
