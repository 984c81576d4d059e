"""Who inherits from whom among the classes of some files, also across files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from core.compliance.measure import ClassFacts, FileFacts

Key = tuple[str, str]  # path of the file, qualified name


@dataclass(slots=True)
class Hierarchy:
    """Depths of classes. A base outside of the files is no class of theirs: what it inherits isn't theirs either."""

    files: Iterable[FileFacts]
    _files: dict[str, FileFacts] = field(init=False)
    _classes: dict[Key, ClassFacts] = field(init=False)
    _modules: dict[str, list[str]] = field(init=False)
    _depths: dict[Key, int] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._files = {file.path: file for file in self.files}
        self._classes = {(file.path, each.qualname): each for file in self._files.values() for each in file.classes}
        self._modules = {}
        for path in self._files:
            self._modules.setdefault(_parts(path)[-1], []).append(path)

    def depth(self, path: str, qualname: str) -> int:
        """Classes in the longest chain above the class, up to and with the first that is not of these files."""
        return self._depth((path, qualname), frozenset())

    def enum(self, path: str, qualname: str) -> bool:
        """Whether the class is an enum, or inherits from one of these files."""
        return self._enum((path, qualname), frozenset())

    def _depth(self, key: Key, below: frozenset[Key]) -> int:
        if key in below:
            return 0  # a name that was bound twice; what runs has no cycles
        if key not in self._depths:
            above = [self._found(key[0], base) for base in self._classes[key].bases]
            depths = [self._depth(each, below | {key}) if each else 0 for each in above]
            self._depths[key] = 1 + max(depths) if depths else 0
        return self._depths[key]

    def _enum(self, key: Key, below: frozenset[Key]) -> bool:
        if key in below:
            return False
        above = (self._found(key[0], base) for base in self._classes[key].bases)
        return self._classes[key].enum or any(self._enum(each, below | {key}) for each in above if each)

    def _found(self, path: str, base: str) -> Key | None:
        """The class that ``base`` means in the file ``path``; None where it is of elsewhere."""
        if (path, base) in self._classes:
            return path, base
        first, _, rest = base.partition(".")
        target = self._files[path].imports.get(first)
        full = _absolute(f"{target}.{rest}" if target and rest else target or base, path)
        module, _, name = full.rpartition(".")
        if not module:
            return None
        wanted = tuple(module.split("."))
        for other in self._modules.get(wanted[-1], ()):
            if _parts(other)[-len(wanted) :] == wanted and (other, name) in self._classes:
                return other, name
        return None


def _parts(path: str) -> tuple[str, ...]:
    """The module of a file, as far as its path tells: ``src/a/b.py`` is ``src.a.b``, ``a/__init__.py`` is ``a``."""
    place = PurePosixPath(path).with_suffix("")
    parts = place.parts[:-1] if place.name == "__init__" else place.parts
    return parts or (place.name,)


def _absolute(name: str, path: str) -> str:
    """``..x.C`` as it is meant in the file ``path``."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    package = PurePosixPath(path).parent.parts
    return ".".join((*package[: len(package) - level + 1], name[level:]))
