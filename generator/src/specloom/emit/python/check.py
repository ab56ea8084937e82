"""The last gate: generated Python is parsed, and only the syntax that templates print passes.

Encoders keep document text inert; this proves it for the very text that is written. A module may
import, assign constants built from calls of a few known names, and define classes whose methods
return one call. Anything else (a comprehension, a lambda, an f-string, a call of another name) can
only come from a mistake in the generator or from text that escaped, and is refused.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

__all__ = ["UnexpectedSyntaxError", "check"]

_EXPRESSIONS = frozenset(
    {
        ast.Attribute,
        ast.Await,
        ast.BinOp,
        ast.Call,
        ast.Dict,
        ast.List,
        ast.Subscript,
        ast.Tuple,
        ast.UnaryOp,
        ast.USub,
        ast.keyword,
    }
)
_LEAVES = frozenset({ast.BitOr, ast.Constant, ast.Load, ast.Name, ast.Store})
"""What ends an expression, and is welcome in every one."""

_CALLED = frozenset(
    {
        "Alias",
        "AsyncResource",
        "Binary",
        "AsyncConsole",
        "Body",
        "Brand",
        "Console",
        "Endpoint",
        "ErrorShape",
        "Events",
        "Field",
        "Json",
        "LoginFlow",
        "Nothing",
        "Paging",
        "Param",
        "References",
        "Scheme",
        "Socket",
        "SyncResource",
        "Tagged",
        "OptionHeader",
        "ServerOption",
        "first_given",
        "server_url",
        "option_headers",
        "page_field",
        "Text",
        "TypeAliasType",
        "as_async_raw",
        "as_raw",
        "partial",
        "warn",
    }
)
"""Names that generated code calls, besides classes that it imports from its own resources."""

_CALLED_METHODS = frozenset(
    {"__init__", "_call", "_download", "_page", "_raw", "_stream", "named", "union"}
)
_DECORATORS = frozenset({"cached_property", "overload", "property"})


class UnexpectedSyntaxError(Exception):
    """Generated text is not what a template prints: nothing is written."""


_IMPORTED = frozenset(
    {
        "__future__",
        "builtins",
        "collections.abc",
        "datetime",
        "functools",
        "httpx",
        "importlib",
        "pydantic",
        "typing",
        "typing_extensions",
        "warnings",
    }
)
"""Modules outside the package that generated code imports."""


def check(path: str, source: str, *, classes: Collection[str] = (), free: bool = False) -> None:
    """Refuse a module that holds unexpected syntax.

    Args:
        path: The file, for the message.
        source: Its text.
        classes: Classes of the package that its methods may call.
        free: Accept the module's own functions (the fixed text of a template, not of a document).

    Raises:
        UnexpectedSyntaxError: Naming file and line.
    """
    try:
        tree = ast.parse(source, path)
    except (SyntaxError, ValueError) as error:
        raise UnexpectedSyntaxError(f"{path}: generated text does not parse: {error}") from None
    checker = _Checker(path, classes, free)
    for statement in tree.body:
        checker.module_statement(statement)


def _refuse(path: str, node: ast.AST, what: str) -> UnexpectedSyntaxError:
    line = getattr(node, "lineno", 0)
    return UnexpectedSyntaxError(f"{path}:{line}: generated text holds unexpected syntax: {what}")


@dataclass(frozen=True, slots=True)
class _Checker:
    """Checks one module."""

    path: str
    classes: Collection[str]
    free: bool

    def imported(self, statement: ast.Import | ast.ImportFrom) -> None:
        if isinstance(statement, ast.Import):
            modules = [alias.name for alias in statement.names]
        else:
            modules = [] if statement.level else [statement.module or ""]
        for module in modules:
            if module not in _IMPORTED:
                raise _refuse(self.path, statement, f"an import of {module!r}")

    def module_statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            self.imported(statement)
            return
        if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            self.simple(statement)
        elif isinstance(statement, ast.ClassDef):
            self.class_body(statement)
        elif isinstance(statement, ast.If):
            if not (isinstance(statement.test, ast.Name) and "TYPE_CHECKING" in statement.test.id):
                raise _refuse(self.path, statement, "a condition")
            for inner in statement.body:
                self.module_statement(inner)
            for inner in statement.orelse:
                if not (self.free and isinstance(inner, ast.FunctionDef)):
                    raise _refuse(self.path, inner, "a branch")
        elif not (
            self.free
            and isinstance(statement, ast.FunctionDef)
            and statement.name in ("__getattr__", "__dir__")
        ):
            raise _refuse(self.path, statement, type(statement).__name__)

    def simple(self, statement: ast.Assign | ast.AnnAssign | ast.Expr) -> None:
        if isinstance(statement, ast.Expr):
            value = statement.value
            if not (isinstance(value, ast.Constant) and isinstance(value.value, str | type(...))):
                raise _refuse(self.path, statement, "an expression")
            return
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        for target in targets:
            plain = isinstance(target, ast.Name) or (
                isinstance(target, ast.Attribute)
                and isinstance(target.value, ast.Name)
                and target.value.id == "self"
            )
            if not plain:
                raise _refuse(self.path, statement, "an assignment to something else than a name")
        if isinstance(statement, ast.AnnAssign):
            self.expression(statement.annotation)
        if statement.value is not None:
            self.expression(statement.value)

    def class_body(self, statement: ast.ClassDef) -> None:
        if statement.decorator_list:
            raise _refuse(self.path, statement, "a decorator")
        for base in statement.bases:
            self.expression(base)
        for keyword in statement.keywords:
            self.expression(keyword.value)
        for member in statement.body:
            if isinstance(member, ast.Assign | ast.AnnAssign | ast.Expr):
                self.simple(member)
            elif isinstance(member, ast.FunctionDef | ast.AsyncFunctionDef):
                self.function(member)
            elif isinstance(member, ast.If):
                self.module_statement_in_class(member)
            elif not isinstance(member, ast.Pass):
                raise _refuse(self.path, member, type(member).__name__)

    def module_statement_in_class(self, statement: ast.If) -> None:
        if not (isinstance(statement.test, ast.Name) and "TYPE_CHECKING" in statement.test.id):
            raise _refuse(self.path, statement, "a condition")
        for inner in (*statement.body, *statement.orelse):
            if isinstance(inner, ast.AnnAssign):
                self.simple(inner)
            elif isinstance(inner, ast.FunctionDef):
                self.function(inner)
            else:
                raise _refuse(self.path, inner, type(inner).__name__)

    def function(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for decorator in function.decorator_list:
            if not (isinstance(decorator, ast.Name) and decorator.id.lstrip("_") in _DECORATORS):
                raise _refuse(self.path, decorator, "a decorator")
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [argument for argument in (arguments.vararg, arguments.kwarg) if argument]
        for argument in every:
            if argument.annotation is not None:
                self.expression(argument.annotation)
        for default in (*arguments.defaults, *arguments.kw_defaults):
            if default is not None and not isinstance(default, ast.Name | ast.Constant | ast.Tuple):
                raise _refuse(self.path, default, "a default")
        if function.returns is not None:
            self.expression(function.returns)
        for statement in function.body:
            self.method_statement(statement)

    def method_statement(self, statement: ast.stmt) -> None:
        if isinstance(statement, ast.ImportFrom):
            self.imported(statement)
            return
        if isinstance(statement, ast.Return):
            if statement.value is not None:
                self.expression(statement.value)
        elif isinstance(statement, ast.If):
            if not isinstance(statement.test, ast.Name) or statement.orelse:
                raise _refuse(self.path, statement, "a condition")
            for inner in statement.body:
                self.method_statement(inner)
        elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
            self.expression(statement.value)
        elif isinstance(statement, ast.Assign | ast.AnnAssign | ast.Expr):
            self.simple(statement)
        else:
            raise _refuse(self.path, statement, type(statement).__name__)

    def expression(self, expression: ast.expr) -> None:
        if type(expression) in _LEAVES:
            return
        stack: list[ast.AST] = [expression]
        pop, push = stack.pop, stack.append
        while stack:
            node = pop()
            kind = type(node)
            if kind in _LEAVES:
                continue
            if kind not in _EXPRESSIONS:
                raise _refuse(self.path, node, kind.__name__)
            if kind is ast.Call:
                assert isinstance(node, ast.Call)
                self.called(node)
            for name in kind._fields:
                value = getattr(node, name)
                if value.__class__ is list:
                    stack.extend(value)
                elif isinstance(value, ast.AST):
                    push(value)

    def called(self, node: ast.Call) -> None:
        function = node.func
        if isinstance(function, ast.Name):
            name = function.id.lstrip("_")
            if name in _CALLED or name in self.classes or name == "super":
                return
        elif isinstance(function, ast.Attribute) and function.attr in _CALLED_METHODS:
            return
        raise _refuse(self.path, node, "a call")
