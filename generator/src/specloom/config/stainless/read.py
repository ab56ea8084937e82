"""From the text of a stainless.yml to a :class:`Config`, every key taken, refused or accounted for."""

from __future__ import annotations

import re
from typing import Any

from specloom.config.casing import class_name
from specloom.config.model import Brand, Config, WebhookSettings
from specloom.config.promises import Promises
from specloom.config.stainless.client import client_settings, environments
from specloom.config.stainless.model import Scheme, Stainless, Transformation
from specloom.config.stainless.paging import report_purposes
from specloom.config.stainless.reading import Node, Report
from specloom.config.stainless.resources import LANGUAGE, LANGUAGES, Tree, endpoint, read_resources
from specloom.config.stainless.transform import COMMANDS

__all__ = ["read_stainless"]

_IDENTIFIER = re.compile(r"[a-z][a-z0-9_]*\Z")
_PROJECT = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?\Z")
_KINDS = frozenset(("cursor", "cursor_id", "cursor_url", "offset", "page_number", "fake_page"))
_OTHER_TARGET = "Specloom has no such target"
_NO_EFFECT = "it has no effect on a generated package"


def read_stainless(root: dict[str, Any], report: Report, path: str, digest: str) -> Config:
    """Read a whole configuration.

    Args:
        root: The parsed file.
        report: Receives every error and every key that is not honoured.
        path: The file's name.
        digest: SHA-256 of its bytes in hex.
    """
    top = Node(root, "", report)
    top.leave("Specloom writes every package in one fashion", "edition")
    servers = environments(top)
    tree = Tree()
    resources = top.take("resources")
    if resources is None:
        report.error("", "it has no `resources`", "list the resources and their methods")
    else:
        read_resources(resources, tree)
    client, defaults = client_settings(top)
    unwrap, positional = _settings(top)
    unspecified = top.take("unspecified_endpoints")
    for text in unspecified.texts() if unspecified is not None else ():
        found = endpoint(text)
        if found is not None:
            tree.skipped[" ".join(found)] = "the configuration leaves it unspecified"
    array_format, nested_format = _query_settings(top)
    security, schemes = top.take("security"), top.take("security_schemes")
    if positional is False:
        tree.methods = [_all_named(method) for method in tree.methods]
    stainless = Stainless(
        report=report,
        environments=servers,
        models=tuple(tree.models),
        methods=tuple(tree.methods),
        skipped=tree.skipped,
        schemes=_pagination(top),
        options=client["options"],
        security=None if security is None else _list_of_mappings(security),
        security_schemes={} if schemes is None else _schemes(schemes),
        unwrap=unwrap,
        idempotency=client["idempotency"],
        done=_streaming(top),
        array_format=array_format,
        nested_format=nested_format,
        transformations=_openapi(top),
    )
    casings = _casings(top)
    webhooks = WebhookSettings(tree.discriminator)
    config = Config(
        brand=_brand(top, client["prefix"], casings),
        webhooks=webhooks,
        promises=Promises(
            layout="stainless", casings=casings, defaults=defaults, stainless=stainless
        ),
        path=path,
        sha256=digest,
    )
    top.leave(_NO_EFFECT, "codeflow", "diagnostics")
    top.leave("the README shows a list call of its own choice", "readme")
    top.leave("errors are typed by status", "errors")
    top.close()
    return config


def _all_named(method: Any) -> Any:
    if method.positional is not None:
        return method
    values = {key: getattr(method, key) for key in type(method).__slots__}
    return type(method)(**{**values, "positional": ()})


# -- names


def _brand(top: Node, prefix: str | None, casings: dict[str, str]) -> Brand:
    organization = top.take("organization")
    name, homepage = "", None
    if organization is not None:
        named = organization.take("name")
        name = (named.text() if named is not None else None) or ""
        docs = organization.take("docs")
        homepage = docs.text() if docs is not None else None
        organization.leave(
            _NO_EFFECT,
            *("contact", "security_contact", "security_policy_url", "security_policy_terms"),
            *("github_org", "upload_spec"),
        )
        organization.close()
    if not re.search("[A-Za-z]", name):
        top.report.error("/organization", "`organization.name` is missing", "write name: acme")
    package, project = _target(top)
    client = class_name(re.findall("[a-z0-9]+", name.lower()), casings)
    return Brand(
        name=client if client[:1].isalpha() else None,
        package=package or re.sub("[^a-z0-9]+", "_", name.lower()).strip("_") or None,
        project=project or re.sub("[^a-z0-9]+", "-", name.lower()).strip("-") or None,
        env_prefix=prefix,
        homepage=homepage if homepage and homepage.startswith(("http://", "https://")) else None,
    )


def _target(top: Node) -> tuple[str | None, str | None]:
    targets = top.take("targets")
    package = project = None
    for name, member in targets.members() if targets is not None else ():
        if name not in LANGUAGES:
            top.report.unknown(member.pointer, name, LANGUAGES)
            continue
        if name != LANGUAGE:
            top.report.lost(member.pointer, _OTHER_TARGET)
            continue
        for key, pattern in (("package_name", _IDENTIFIER), ("project_name", _PROJECT)):
            found = member.take(key)
            text = found.text() if found is not None else None
            if found is not None and text is not None and not pattern.match(text):
                top.report.error(found.pointer, f"{text!r} is no name of a package")
            elif key == "package_name":
                package = text
            else:
                project = text
        member.leave(
            "the package's own project file says it, once it is generated",
            *("production_repo", "staging_repo", "publish", "readme_title", "screencast"),
            *("options", "custom", "skip", "edition"),
        )
        member.close()
    return package, project


def _casings(top: Node) -> dict[str, str]:
    made: dict[str, str] = {}
    casings = top.take("custom_casings")
    for word, member in casings.members() if casings is not None else ():
        if not re.fullmatch("[A-Za-z0-9_]{1,60}", word):
            top.report.error(member.pointer, f"{word[:60]!r} is no word")
            continue
        initialism, pascal = member.take("initialism"), member.take("pascal")
        if initialism is not None:
            made[word.lower()] = word.upper() if initialism.flag() else word.capitalize()
        if pascal is not None:
            text = pascal.text()
            if text is not None and re.fullmatch("[A-Za-z][A-Za-z0-9]{0,59}", text):
                made[word.lower()] = text
            else:
                top.report.error(pascal.pointer, f"{text!r} is no part of a class name")
        member.leave("names of members follow the words", "snake", "camel", "capital")
        member.leave("plurals are told by the language", "singular", "plural")
        member.close()
    return made


# -- what holds for all methods


def _settings(top: Node) -> tuple[tuple[str, ...], bool]:
    settings = top.take("settings")
    if settings is None:
        return (), True
    unwrap, positional = settings.take("unwrap_response_fields"), settings.take("positional_params")
    settings.leave("the package's LICENSE is its owner's", "license", "file_header")
    settings.leave(_NO_EFFECT, "disable_mock_tests")
    settings.leave("members stand in the document's order", "sort_schema_properties")
    settings.leave("the package's own project file says it", "python")
    settings.close()
    return (
        unwrap.texts() if unwrap is not None else (),
        positional is None or positional.flag() is not False,
    )


def _query_settings(top: Node) -> tuple[str, str]:
    settings = top.take("query_settings")
    chosen = {"array_format": "comma", "nested_format": "brackets"}
    if settings is None:
        return chosen["array_format"], chosen["nested_format"]
    for key, honoured, other in (
        ("array_format", ("comma", "repeat"), ("brackets", "indices")),
        ("nested_format", ("brackets",), ("dots",)),
    ):
        found = settings.take(key)
        text = found.text() if found is not None else None
        if found is None or text is None:
            continue
        if text in honoured:
            chosen[key] = text
        elif text in other:
            top.report.lost(found.pointer, f"OpenAPI has no style like {text}")
        else:
            top.report.unknown(found.pointer, text, (*honoured, *other))
    settings.close()
    return chosen["array_format"], chosen["nested_format"]


def _streaming(top: Node) -> str | None:
    streaming = top.take("streaming")
    done = None
    if streaming is not None:
        handlers = streaming.take("on_event")
        for handler in handlers.items() if handlers is not None else ():
            start, handle = handler.take("data_starts_with"), handler.take("handle")
            if handle is not None and handle.value == "done" and start is not None:
                done = start.text()
            elif handle is None or handle.value != "yield" or start is not None:
                top.report.lost(handler.pointer, "every other event is handed out", degraded=True)
            for key in ("kind", "event_type"):
                handler.take(key)
            handler.leave("an event is handed out, whatever it holds", "error_property")
            handler.close()
        streaming.close()
    return done


def _pagination(top: Node) -> tuple[Scheme, ...]:
    pagination = top.take("pagination")
    if pagination is None:
        return ()
    nodes = [pagination] if isinstance(pagination.value, dict) else list(pagination.items())
    made: list[Scheme] = []
    for node in nodes:
        name, kind = node.take("name"), node.take("type")
        if name is None or kind is None:
            top.report.error(node.pointer, "a pagination scheme has no name and type")
            continue
        text, style = name.text(), kind.text()
        if text is None or not re.fullmatch("[A-Za-z][A-Za-z0-9_]{0,60}", text):
            top.report.error(name.pointer, "it cannot be the name of a page class")
            continue
        if style not in _KINDS:
            top.report.error(kind.pointer, f"{style!r} is no pagination", ", ".join(sorted(_KINDS)))
            continue
        request, response, location = (
            node.take(k) for k in ("request", "response", "param_location")
        )
        node.leave("page classes have one description", "description")
        node.close()
        for part in (request, response):
            if part is not None:
                report_purposes(part)
        made.append(
            Scheme(
                text,
                style,
                dict(_mappings(request)) if request is not None else {},
                dict(_mappings(response)) if response is not None else {},
                (location.text() if location is not None else None) or "query",
                node.pointer,
            )
        )
    return tuple(made)


def _openapi(top: Node) -> tuple[Transformation, ...]:
    openapi = top.take("openapi")
    if openapi is None:
        return ()
    made = []
    for key in ("transformations", "transforms"):
        edits = openapi.take(key)
        for node in edits.items() if edits is not None else ():
            command, args = node.take("command"), node.take("args")
            node.take("reason")
            node.close()
            text = command.text() if command is not None else None
            if command is None or text is None:
                top.report.error(node.pointer, "an edit has no command")
                continue
            if text not in COMMANDS:
                top.report.unknown(command.pointer, text, COMMANDS)
                continue
            if args is not None and not isinstance(args.value, dict):
                args.close()
                continue
            if args is not None and "template" in args.value:
                top.report.lost(f"{args.pointer}/template", "values are taken as they stand")
            made.append(Transformation(text, args.value if args is not None else {}, node.pointer))
    openapi.leave(_NO_EFFECT, "code_samples", "code_sample_languages")
    openapi.close()
    return tuple(made)


def _schemes(node: Node) -> dict[str, Any]:
    found = dict(_mappings(node))
    for name, member in node.members():
        if isinstance(member.value, dict) and "x-stainless-auth" in member.value:
            node.report.lost(
                f"{node.pointer}/{name}/x-stainless-auth", "credentials travel as OpenAPI says"
            )
    return found


def _mappings(node: Node) -> list[tuple[str, Any]]:
    found = []
    for name, member in node.members():
        if isinstance(member.value, dict):
            found.append((name, member.value))
        else:
            member.close()
    return found


def _list_of_mappings(node: Node) -> list[Any]:
    found = []
    for member in node.items():
        names = [(key, scopes.value or []) for key, scopes in member.members()]
        found.append(dict(names))
    return found
