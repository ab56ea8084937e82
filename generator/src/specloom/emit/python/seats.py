"""Types in the files and under the names that a configuration of another generator promises.

A model stands in ``types/<parents of its resource>/<key>.py`` under its key, shared ones in
``types/shared``; a method's response in ``<resource>_<method>_response.py`` beside its
``..._params.py``. What such a type alone uses stands in the same file, named after the way to it:
``Choice``, ``ChoiceLogprobs``. Names are unique in their folder, not in the package. Files that
would import each other in a circle become one; the others hand its names on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from specloom.config.casing import class_name
from specloom.config.promises import Promises
from specloom.emit.python.names import (
    RESOURCE_ATTRIBUTES,
    Namespace,
    identifier,
    module_name,
    singular,
)
from specloom.emit.python.types import Side, TypeName
from specloom.ir.model import (
    ListOf,
    MapOf,
    Model,
    ModelId,
    NamedType,
    Nullable,
    ObjectModel,
    Operation,
    Ref,
    Type,
    Union,
    Words,
)
from specloom.ir.names import split_words

__all__ = ["Folder", "Seating", "component_id", "folder_of"]

Folder = tuple[str, ...]
_Node = tuple[Side, ModelId]
_SHARED, _SHARED_PARAMS = ("shared",), ("shared_params",)


def folder_of(resource: tuple[Words, ...]) -> Folder:
    """The folder below ``types`` of a resource's types: that of its parents."""
    return tuple(identifier(part, "resource", RESOURCE_ATTRIBUTES) for part in resource[:-1])


@dataclass
class Seating:
    """Hands out files and names.

    Attributes:
        models: Every named type of the API.
        promises: What is promised.
        folders: Every folder there will be.
        wanted: The types to place, for each direction.
        shared: Types that read alike in both directions: they stand as those of responses.
        names: Where they are placed.
        public: Names that a folder offers, with their modules.
        again: Modules that hand names of others on: module -> name -> the type.
    """

    models: Mapping[ModelId, Model]
    promises: Promises
    folders: set[Folder]
    wanted: set[_Node]
    shared: frozenset[ModelId] = frozenset()
    names: dict[_Node, TypeName] = field(default_factory=dict)
    public: dict[Folder, dict[str, str]] = field(default_factory=dict)
    again: dict[str, dict[str, TypeName]] = field(default_factory=dict)
    _files: dict[Folder, Namespace] = field(default_factory=dict)
    _classes: dict[Folder, Namespace] = field(default_factory=dict)
    _inside: dict[str, Namespace] = field(default_factory=dict)
    _seated: frozenset[ModelId] = frozenset()

    def __post_init__(self) -> None:
        self._seated = frozenset(map(component_id, self.promises.seats))

    def top(
        self, folder: Folder, words: Words, *, exported: bool = True, stem: Words = ()
    ) -> TypeName:
        """A name with a file of its own.

        Args:
            folder: Its folder below ``types``.
            words: Its name.
            exported: Whether the folder offers it.
            stem: The file's name where it is another.
        """
        if folder not in self._files:
            below = {other[len(folder)] for other in self.folders if self._is_below(other, folder)}
            self._files[folder] = Namespace(below, fold=True)
            self._classes[folder] = Namespace()
        name = self._classes[folder].take(_class(words, self.promises))
        file = self._files[folder].take(module_name(stem or words))
        module = ".".join((*folder, file))
        self._inside[module] = Namespace((name,))
        if exported:
            self.public.setdefault(folder, {})[name] = module
        return TypeName(module, name)

    def _is_below(self, other: Folder, folder: Folder) -> bool:
        return len(other) > len(folder) and other[: len(folder)] == folder

    def inside(self, module: str, *candidates: Words) -> TypeName:
        """A name in a file that another one gave its name."""
        wishes = [_class(words, self.promises) for words in candidates]
        return TypeName(module, self._inside[module].take(*wishes))

    def place(self, node: _Node, name: TypeName) -> None:
        """Seat a type, and in the same file what it uses and nothing else seats."""
        self.names[node] = name
        self._below([(node, ())])

    def inner(self, side: Side, type_: Type, words: Words, module: str) -> None:
        """Seat what a type uses that is no named type itself."""
        self._below(self._inside_of(side, type_, words, module, among=False))

    def _below(self, work: list[tuple[_Node, Words]]) -> None:
        """Seat what types use, and so on, until everything is seated."""
        while work:
            node, prefix = work.pop(0)
            module = self.names[node].module
            for words, type_ in _parts(self.models[node[1]], node[0]):
                work += self._inside_of(node[0], type_, (*prefix, *words), module, among=False)

    def _inside_of(
        self, side: Side, type_: Type, words: Words, module: str, *, among: bool
    ) -> list[tuple[_Node, Words]]:
        """Seat the named types that a type mentions; those that were seated now, with their words."""
        seated: list[tuple[_Node, Words]] = []
        for path, id_, one_of_many in _named(type_, words, among):
            node = (Side.RESPONSE if id_ in self.shared else side, id_)
            if node in self.names or node not in self.wanted or self.promised(id_):
                continue
            own = self.models[id_].name
            if one_of_many and own[: len(path)] == path:
                wishes = [own, (*path, *own)]
            elif one_of_many or not path:
                wishes = [(*path, *own), own]
            else:
                wishes = [path, (*path, *own)]
            self.names[node] = chosen = self.inside(module, *wishes)
            seated.append((node, split_words(chosen.name) if one_of_many else path))
        return seated

    def promised(self, id_: ModelId) -> bool:
        """Whether the configuration seats a type by name."""
        return id_ in self._seated

    # -- the promises

    def seats(self) -> None:
        """Place every model that the configuration names, then what only they use."""
        placed: list[_Node] = []
        for component, seat in self.promises.seats.items():
            id_ = component_id(component)
            if id_ not in self.models:
                continue
            resource = tuple(map(split_words, seat.resource.split("."))) if seat.resource else ()
            shared = seat.resource == "$shared"
            words = split_words(seat.name)
            if (Side.RESPONSE, id_) in self.wanted:
                folder = _SHARED if shared else folder_of(resource)
                self.names[Side.RESPONSE, id_] = self.top(folder, words)
                placed.append((Side.RESPONSE, id_))
            if (Side.REQUEST, id_) in self.wanted:
                stem = words if shared else (*words, "param")
                folder = _SHARED_PARAMS if shared else folder_of(resource)
                name = stem if seat.suffix else words
                self.names[Side.REQUEST, id_] = self.top(folder, name, stem=stem)
                placed.append((Side.REQUEST, id_))
        self._below([(node, ()) for node in placed])

    def aliases(self) -> None:
        """Let models that stand for another hand its name on."""
        for dotted, component in self.promises.aliases.items():
            *above, key = dotted.split(".")
            shared = above == ["$shared"]
            resource = tuple(map(split_words, above))
            for side, suffix in ((Side.RESPONSE, ()), (Side.REQUEST, ("param",))):
                target = self.names.get((side, component_id(component)))
                if target is None or (side is Side.REQUEST and shared):
                    continue
                folder = _SHARED if shared else folder_of(resource)
                self.hand_on(self.top(folder, (*split_words(key), *suffix)), target)

    def hand_on(self, name: TypeName, target: TypeName) -> None:
        """Let a name stand for a type that another file has."""
        self.again.setdefault(name.module, {})[name.name] = target

    def rest(self) -> None:
        """Place what no method and no promise led to, under its own name."""
        for id_, model in self.models.items():
            for side, suffix in ((Side.RESPONSE, ()), (Side.REQUEST, ("param",))):
                if (side, id_) in self.wanted and (side, id_) not in self.names:
                    self.names[side, id_] = self.top((), (*model.name, *suffix))

    def stem(self, operation: Operation) -> tuple[Folder, Words]:
        """The folder of an operation's own types, and the words that their names begin with."""
        resource = operation.resource
        leaf = singular(resource[-1]) if resource else ("client",)
        return folder_of(resource), (*leaf, *operation.method_name)


def _class(words: Words, promises: Promises) -> str:
    name = class_name(words, promises.casings)
    if not name[:1].isalpha():
        name = f"Model{name}"
    return f"{name}_" if name in ("None", "True", "False") else name


def component_id(name: str) -> ModelId:
    """The id of the type that a component schema is (RFC 6901 escapes its name)."""
    return f"/components/schemas/{name.replace('~', '~0').replace('/', '~1')}"


def _parts(model: Model, side: Side) -> Iterator[tuple[Words, Type]]:
    """What a named type consists of, with the words of each part."""
    if isinstance(model, ObjectModel):
        for member in model.fields:
            if not (member.write_only if side is Side.RESPONSE else member.read_only):
                yield member.name, member.type
        if model.additional is not None:
            yield ("item",), model.additional
    elif isinstance(model, NamedType):
        yield (), model.type


def _named(type_: Type, words: Words, among: bool) -> Iterator[tuple[Words, ModelId, bool]]:
    """Named types that a type mentions: the words to each, and whether it is one of several."""
    if isinstance(type_, Ref):
        yield words, type_.model, among
    elif isinstance(type_, Nullable):
        yield from _named(type_.inner, words, among)
    elif isinstance(type_, ListOf):
        yield from _named(type_.item, singular(words), among)
    elif isinstance(type_, MapOf):
        yield from _named(type_.value, words, among)
    elif isinstance(type_, Union):
        several = sum(isinstance(variant, Ref) for variant in type_.variants) > 1
        for variant in type_.variants:
            yield from _named(variant, words, among or several)
