"""Finds Python that the core's dialect leaves out: what MicroPython lacks or does otherwise.

A source is searched once; each rule looks at one node of its syntax tree.
"""

import ast
from collections.abc import Iterator

from tests.house.finding import Finding

MODULES_LEFT_OUT = ("functools", "itertools", "contextlib", "random", "time")
DECORATORS = ("dataclass", "property", "staticmethod")
# Calls whose result shows the order in which they walked their arguments.
WALKERS = ("list", "tuple", "iter", "next", "enumerate", "zip", "map", "filter", "dict", "deque")
SET_MAKERS = ("set", "frozenset")
SET_TYPES = ("set", "frozenset", "Set", "MutableSet", "AbstractSet")
PLAIN = -1  # FormattedValue.conversion of `{x}`


def check_dialect(path: str, source: str) -> list[Finding]:
    """What in this module of the core is outside the dialect."""
    tree = ast.parse(source, path)
    findings = [
        Finding(path=path, line=getattr(node, "lineno", 1), text=text)
        for node in ast.walk(tree)
        for rule in RULES
        for text in rule(node)
    ]
    names = _names_of_sets(tree)
    for node in ast.walk(tree):
        findings.extend(
            Finding(path=path, line=walked.lineno, text="a set has no order; walk sorted(…) of it")
            for walked in _walked_by(node)
            if _is_set(walked, names)
        )
    return sorted(set(findings), key=lambda finding: finding.line)


def _syntax(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Match):
        yield "no match statement: use if and isinstance"
    elif isinstance(node, ast.NamedExpr):
        yield "no := : assign on a line of its own"
    elif isinstance(node, ast.AsyncFunctionDef | ast.AsyncFor | ast.AsyncWith | ast.Await):
        yield "no async, no await: the core is called and returns"
    elif isinstance(node, ast.YieldFrom):
        yield "no yield from: write the loop"
    elif isinstance(node, ast.TryStar):
        yield "no except*: raise one exception"
    elif isinstance(node, ast.comprehension) and node.is_async:
        yield "no async comprehension"


def _displays(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        stars = any(isinstance(item, ast.Starred) for item in node.elts)
        if stars and (isinstance(node, ast.Set) or isinstance(node.ctx, ast.Load)):
            yield "no starred display: join with + or extend"
        elif stars:
            yield "no starred target: take the parts by index"
    elif isinstance(node, ast.Dict) and None in node.keys:
        yield "no {**a}: copy and update"
    elif isinstance(node, ast.Call) and any(keyword.arg is None for keyword in node.keywords):
        yield "no f(**a): name the arguments"


def _classes(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.ClassDef):
        if len(node.bases) > 1:
            yield "no multiple inheritance: hold the other object instead"
        if node.keywords:
            yield "no metaclass and no class keywords"


def _decorators(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for decorator in node.decorator_list:
            called = decorator.func if isinstance(decorator, ast.Call) else decorator
            if not isinstance(called, ast.Name) or called.id not in DECORATORS:
                name = ast.unparse(called)
                yield f"no @{name}: of decorators, only {', '.join(DECORATORS)}"


def _modules(node: ast.AST) -> Iterator[str]:
    names: list[str] = []
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        names = [node.module or ""]
    for name in names:
        if name.split(".")[0] in MODULES_LEFT_OUT:
            yield f"no {name}: the dialect does without, and time and chance are handed in"


def _format_strings(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.JoinedStr):
        return
    text_before = ""
    for part in node.values:
        if isinstance(part, ast.Constant):
            text_before = str(part.value)
            continue
        if isinstance(part, ast.FormattedValue):
            if text_before.endswith(f"{ast.unparse(part.value)}="):
                yield "no {x=}: write the name and the value"
            elif part.conversion != PLAIN:
                yield "no conversion in an f-string: call repr() or str()"
            spec = part.format_spec.values if isinstance(part.format_spec, ast.JoinedStr) else []
            if any(isinstance(inner, ast.FormattedValue) for inner in spec):
                yield "no format that is computed: format in two steps"
        text_before = ""


RULES = (_syntax, _displays, _classes, _decorators, _modules, _format_strings)


def _names_of_sets(tree: ast.AST) -> set[str]:
    """Names that are annotated as sets, or that a set is assigned to, anywhere in the module."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) and _is_set_type(node.annotation):
            names.add(_last_name(node.target))
        elif isinstance(node, ast.arg) and node.annotation and _is_set_type(node.annotation):
            names.add(node.arg)
        elif isinstance(node, ast.Assign) and _is_set(node.value, set()):
            names.update(_last_name(target) for target in node.targets)
        elif isinstance(node, ast.FunctionDef) and node.returns and _is_set_type(node.returns):
            names.add(node.name)
    return names - {""}


def _walked_by(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions whose order this node makes visible."""
    if isinstance(node, ast.For):
        yield node.iter
    elif isinstance(node, ast.ListComp | ast.DictComp | ast.GeneratorExp):
        yield from (generator.iter for generator in node.generators)
    elif isinstance(node, ast.Starred):
        yield node.value
    elif isinstance(node, ast.Call):
        if isinstance(node.func, ast.Attribute) and node.func.attr == "pop" and not node.args:
            yield node.func.value
        plain = isinstance(node.func, ast.Name) and node.func.id in WALKERS
        join = isinstance(node.func, ast.Attribute) and node.func.attr in ("join", "extend")
        if plain or join:
            yield from node.args


def _is_set(node: ast.expr, names: set[str]) -> bool:
    if isinstance(node, ast.Set | ast.SetComp):
        return True
    if isinstance(node, ast.Call):
        return _last_name(node.func) in (*SET_MAKERS, *names)
    if isinstance(node, ast.BinOp):
        return _is_set(node.left, names) or _is_set(node.right, names)
    return isinstance(node, ast.Name | ast.Attribute) and _last_name(node) in names


def _is_set_type(annotation: ast.expr) -> bool:
    base = annotation.value if isinstance(annotation, ast.Subscript) else annotation
    return _last_name(base) in SET_TYPES


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
