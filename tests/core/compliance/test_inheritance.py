from core.compliance.inheritance import Hierarchy
from core.compliance.measure import measure


def hierarchy(**files: str) -> Hierarchy:
    return Hierarchy([measure(text, name.replace("__", "/") + ".py") for name, text in files.items()])


def test_depth_is_depth_and_not_the_number_of_bases() -> None:
    found = hierarchy(m="class A: pass\nclass B: pass\nclass C: pass\nclass D(A, B, C): pass\nclass E(D): pass")
    assert [found.depth("m.py", name) for name in "ADE"] == [0, 1, 2]


def test_a_class_of_elsewhere_is_one_step() -> None:
    found = hierarchy(m="class Mine(ValueError): pass\nclass Sub(Mine): pass")
    assert [found.depth("m.py", name) for name in ("Mine", "Sub")] == [1, 2]


def test_chains_go_through_imports() -> None:
    found = hierarchy(
        pkg__a="class A: pass",
        pkg__b="from pkg.a import A as Base\nclass B(Base): pass",
        pkg__sub__c="from ..b import B\nclass C(B): pass",
        pkg__d="import pkg.sub.c\nclass D(pkg.sub.c.C): pass",
        other__a="class A(int): pass",
    )
    assert found.depth("pkg/b.py", "B") == 1
    assert found.depth("pkg/sub/c.py", "C") == 2
    assert found.depth("pkg/d.py", "D") == 3


def test_an_enum_that_inherits_from_an_enum_of_another_file_is_one() -> None:
    found = hierarchy(a="import enum\nclass Base(enum.Enum): pass", b="from a import Base\nclass E(Base):\n    X = 1")
    assert found.enum("b.py", "E")
    assert not hierarchy(a="class A: pass").enum("a.py", "A")


def test_a_name_that_means_itself_ends() -> None:
    found = hierarchy(m="class A(A): pass\nclass B(C): pass\nclass C(B): pass")
    assert found.depth("m.py", "A") == 1
    assert found.depth("m.py", "C") >= 1
    assert not found.enum("m.py", "B")
