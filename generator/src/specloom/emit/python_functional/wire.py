"""What is put back after openapi-python-client has parsed, and before it prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from specloom.ir.model import Style

from .document import WireFacts

if TYPE_CHECKING:
    from openapi_python_client.parser import GeneratorData
    from openapi_python_client.parser.openapi import Endpoint

__all__ = ["QueryStyles", "restore_names"]

_SEPARATED: Final = {Style.FORM, Style.SPACE, Style.PIPE}


class QueryStyles:
    """The query styles of a parsed document, for the templates.

    Args:
        data: The parsed document, with the names that were handed out.
        facts: What was left out of the document.
    """

    def __init__(self, data: GeneratorData, facts: WireFacts) -> None:
        self._styles: dict[int, str] = {}
        self._kept = data  # the keys are identities of its properties
        for collection in data.endpoint_collections_by_tag.values():
            for endpoint in collection.endpoints:
                styles = facts.operations[str(endpoint.name)].styles
                for parameter in endpoint.query_parameters:
                    style, explode = styles[parameter.name.get_untrusted_value()]
                    if needed := _needed(parameter, style, explode):
                        self._styles[id(parameter)] = needed

    def query_style(self, parameter: Any) -> str:
        """The style's name for ``query_pairs``; empty where the plain way is right."""
        return self._styles.get(id(parameter), "")

    def has_query_style(self, endpoint: Endpoint) -> bool:
        """Whether any parameter of an endpoint needs ``query_pairs``."""
        return any(self.query_style(parameter) for parameter in endpoint.query_parameters)


def _needed(parameter: Any, style: Style, explode: bool) -> str:
    if style in (Style.JSON, Style.DEEP_OBJECT):
        return str(style.value)
    kind = type(parameter).__name__
    if kind not in ("ListProperty", "ModelProperty", "UnionProperty", "AnyProperty"):
        return ""
    if style in _SEPARATED and not explode:
        return str(style.value)
    return "exploded" if kind in ("UnionProperty", "AnyProperty") else ""


def restore_names(data: GeneratorData, facts: WireFacts, component: Callable[[str], str]) -> None:
    """Give every property and parameter its wire name again.

    Args:
        data: The parsed document; changed in place.
        facts: The wire names by what was handed out instead.
        component: The class name of a component.
    """
    from openapi_python_client.schema.untrusted_string import UntrustedString

    by_class = {component(name): names for name, names in facts.fields.items()}
    for model in data.models:
        names = by_class[str(model.class_info.name)]
        for prop in [*(model.required_properties or ()), *(model.optional_properties or ())]:
            prop.name = UntrustedString(names[prop.name.get_untrusted_value()])
    for collection in data.endpoint_collections_by_tag.values():
        for endpoint in collection.endpoints:
            wire_names = facts.operations[str(endpoint.name)].wire_names
            for location, parameter in endpoint.iter_all_parameters():
                key = (location.value, parameter.name.get_untrusted_value())
                parameter.name = UntrustedString(wire_names[key])
