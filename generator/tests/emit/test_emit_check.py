"""The last gate refuses whatever a template does not print."""

from __future__ import annotations

import re

import pytest

from specloom.emit.python.check import UnexpectedSyntaxError, check
from specloom.emit.python.inspection import check_all

HEAD = "from __future__ import annotations\n"


@pytest.mark.parametrize(
    "source",
    [
        "print(1)",
        "import os",
        "from os import system",
        "x = __import__('os')",
        "x = [a for a in b]",
        "x = lambda: 1",
        "x = f'{y}'",
        "x = y if z else w",
        "x.y = 1",
        "def f(): pass",
        "for a in b: pass",
        "while True: pass",
        "try:\n    pass\nexcept E:\n    pass",
        "with a: pass",
        "del x",
        "global x",
        "class A:\n    import os",
        "class A:\n    x = eval('1')",
        "@decorate\nclass A: pass",
        "class A(metaclass=evil()): pass",
        "class A:\n    @evil\n    def f(self): return 1",
        "class A:\n    def f(self): return os.system('x')",
        "class A:\n    def f(self, x=evil()): return 1",
        "class A:\n    def f(self):\n        import os",
        "class A:\n    def f(self):\n        while 1: pass",
        "class A:\n    def f(self):\n        if x():\n            return 1",
        "x: evil() = 1",
        "x = Field(alias=evil())",
        "if other:\n    x = 1",
        "x = (yield)",
        "x = *a, evil()",
        "x = y = (z := 1)",
        "assert x",
        "x = a @ b",
        "type X = int",
        "if TYPE_CHECKING:\n    evil()",
        "if TYPE_CHECKING:\n    pass\nelse:\n    x = 1",
        '"""text""".format(x)',
        "syntax error",
        "x = '\x00'",
    ],
)
def test_unexpected_syntax_is_refused(source: str) -> None:
    """Statements, calls and expressions outside the templates' vocabulary are refused."""
    with pytest.raises(UnexpectedSyntaxError):
        check("module.py", HEAD + source)


def test_a_refusal_names_the_place() -> None:
    """The message names file, line and what stands there."""
    with pytest.raises(UnexpectedSyntaxError, match=r"^users\.py:2: .* a call$"):
        check("users.py", HEAD + "x = evil()")


def test_what_templates_print_passes() -> None:
    """Constants, classes, methods of one call, and type-checking imports pass."""
    check(
        "module.py",
        HEAD
        + '''
"""Docstring."""
from typing import TYPE_CHECKING, Annotated
if TYPE_CHECKING:
    from .x import Y
__all__ = ["A"]
_GET = Endpoint("a", security=(("k",),), result=Json("m:N"))
class A(Model):
    """Docstring."""
    x: Annotated["A | None", Field(alias="y")] = None
    def get(self, id: str, /, *, x: int | Omit = omit, **options: Unpack[O]) -> A:
        """Docstring."""
        return self._call(_GET, path=(id,), query={"x": x}, options=options)
    @property
    def raw(self) -> R:
        return B(self)
''',
        classes={"B"},
    )


def test_functions_pass_only_where_a_template_has_them() -> None:
    """The fixed text of lazy modules may define the two module hooks, nothing else may."""
    hook = "def __getattr__(name: str) -> Any:\n    return evil(name)\n"
    check("types/__init__.py", hook, free=True)
    with pytest.raises(UnexpectedSyntaxError):
        check("types/__init__.py", hook)
    with pytest.raises(UnexpectedSyntaxError):
        check("types/__init__.py", hook.replace("__getattr__", "f"), free=True)


@pytest.mark.parametrize("many", [1, 1_000], ids=["two processes", "one process"])
def test_every_module_is_checked_in_either_process(many: int) -> None:
    """Whichever of the modules is bad is named; good ones pass."""
    good = {f"types/m{number}.py": "A = 1\n" for number in range(6)}
    check_all(good, (), many)
    for path in good:
        with pytest.raises(UnexpectedSyntaxError, match=re.escape(path)):
            check_all({**good, path: "import os; os.system('x')\n"}, (), many)


def test_fixed_functions_are_those_of_templates() -> None:
    """A package's own functions pass in the modules that have some, and in no other."""
    text = "def __getattr__(name):\n    return name\n"
    check_all({"__init__.py": text, "types/__init__.py": text, "webhook_events.py": text}, ())
    with pytest.raises(UnexpectedSyntaxError):
        check_all({"types/user_events.py": text}, ())
