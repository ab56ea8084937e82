"""Prism, an outside opinion on a document and on whatever serves it.

``Prism(document)`` serves the document's examples; ``Prism(document, mode="proxy",
upstream=...)`` stands in front of a server and reports each response that leaves the document::

    with Prism("openapi.yaml", mode="proxy", upstream="http://127.0.0.1:8000/v1") as prism:
        with prism.client() as client:
            answer = client.get("/users", headers={"Authorization": "Bearer ..."})
            assert not response_violations(answer.headers)

It needs Node.js 20 and ``python -m specloom_mock.prism install``, once.
"""

from __future__ import annotations

from .document import DocumentSource
from .errors import PrismError, PrismNotInstalledError, PrismStartError
from .package import INSTALL_COMMAND, PRISM_VERSION, find_node, find_prism, install
from .process import Mode, Prism
from .violations import HEADER, Violation, parse_violations, response_violations

__all__ = [
    "HEADER",
    "INSTALL_COMMAND",
    "PRISM_VERSION",
    "DocumentSource",
    "Mode",
    "Prism",
    "PrismError",
    "PrismNotInstalledError",
    "PrismStartError",
    "Violation",
    "find_node",
    "find_prism",
    "install",
    "parse_violations",
    "response_violations",
]
