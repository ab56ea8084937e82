"""The runtime that every generated SDK carries: hand-written, and the same for every API.

Nothing here knows the API it serves; what is particular to one comes in as values (`Brand`,
`Endpoint`, `Scheme`). Import from the package's public modules instead of from here.
"""

__all__: list[str] = []
