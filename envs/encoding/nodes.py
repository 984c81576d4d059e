"""Ids of syntax tree node types: a fixed list, so that a policy reads them alike on every Python version."""

from __future__ import annotations

import ast

from core.observation import NODE_TYPES

_STATEMENTS = (
    "FunctionDef AsyncFunctionDef ClassDef Return Delete Assign TypeAlias AugAssign AnnAssign For AsyncFor While If "
    "With AsyncWith Match Raise Try TryStar Assert Import ImportFrom Global Nonlocal Expr Pass Break Continue"
)
_EXPRESSIONS = (
    "BoolOp NamedExpr BinOp UnaryOp Lambda IfExp Dict Set ListComp SetComp DictComp GeneratorExp Await Yield YieldFrom "
    "Compare Call FormattedValue JoinedStr TemplateStr Interpolation Constant Attribute Subscript Starred Name List "
    "Tuple Slice"
)
_OTHERS = (
    "ExceptHandler arg keyword alias comprehension withitem arguments match_case MatchValue MatchSingleton "
    "MatchSequence MatchMapping MatchClass MatchStar MatchAs MatchOr TypeVar ParamSpec TypeVarTuple"
)
# Finer than the syntax tree where the role of a token differs within one type.
_ROLES = (
    "NameStore AttributeStore SubscriptStore ConstantStr ConstantBytes ConstantInt ConstantFloat ConstantBool "
    "ConstantNone Docstring Other Symptom"
)
NODE_NAMES: tuple[str, ...] = tuple(f"{_STATEMENTS} {_EXPRESSIONS} {_OTHERS} {_ROLES}".split())
_IDS = {name: index + 1 for index, name in enumerate(NODE_NAMES)}
assert len(NODE_NAMES) < NODE_TYPES
DOCSTRING, SYMPTOM = _IDS["Docstring"], _IDS["Symptom"]  # a word of how checks fail, behind the program's tokens
_OTHER = _IDS["Other"]
_CONSTANTS = {
    str: _IDS["ConstantStr"],
    bytes: _IDS["ConstantBytes"],
    int: _IDS["ConstantInt"],
    float: _IDS["ConstantFloat"],
    complex: _IDS["ConstantFloat"],
    bool: _IDS["ConstantBool"],
    type(None): _IDS["ConstantNone"],
}
_STORED = {
    ast.Name: _IDS["NameStore"],
    ast.Attribute: _IDS["AttributeStore"],
    ast.Subscript: _IDS["SubscriptStore"],
}


def node_id(node: ast.AST) -> int:
    """The id of ``node``'s type, from 1."""
    kind = type(node)
    if kind is ast.Constant:
        return _CONSTANTS.get(type(node.value), _IDS["Constant"])  # type: ignore[attr-defined]
    if kind in _STORED and type(node.ctx) is not ast.Load:  # type: ignore[attr-defined]
        return _STORED[kind]
    return _IDS.get(kind.__name__, _OTHER)
