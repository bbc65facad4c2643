"""The line of each key of a TOML text, whatever stands around it."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.toml_lines import KeyPath, line_of, lines_of

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = settings(max_examples=150, derandomize=True, database=None, deadline=None)

MISLEADING = r'''# [comment] # key = 1
top = "a # b" # c = 1
a.b.c = 1
a.b."d.e" = 2
'single [x]'.y = 3   # dotted and quoted

[table]              # 7
text = """
[no.table]
no_key = "1"
""\" still \\"""
raw = \'\'\'
no = 'x'
[[no]]
\'\'\'
after = 5            # 16

[ spaced . "out" ]   # 18
when = 1979-05-27 07:32:00
list = [             # 20
  1,  # ] not the end
  "]", \'\'\']\'\'\',
  [ { k = 1 }, { k = [ 2 ] } ],
  { x.y = "}", z = {} },
]                    # 25
inline = { p = 1, "q r" = [3, 4], s.t = "," }

[[items]]            # 28
name = "first"
[items.sub]          # 30
key = 1
[[items.deep]]       # 32
v = 1
[[items.deep]]       # 34
v = 2
[[items]]            # 36
name = "second"
[items.sub]          # 38
key = 2
[table.child]        # 40
"" = 1
quotes = """"a""""" # 42
next = 'é "\'
[a.z]                # 44
last = true'''.replace(r"\'", "'")


def paths(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    """Yield the path of everything that tomllib has read."""
    if path:
        yield path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from paths(each, (*path, key))
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from paths(each, (*path, index))


def test_every_key_that_tomllib_reads_has_a_line_and_no_other() -> None:
    """Strings, comments and arrays that look like headers and keys are none."""
    assert set(lines_of(MISLEADING)) == set(paths(tomllib.loads(MISLEADING)))


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("a",), 3),
        (("a", "b", "d.e"), 4),
        (("single [x]", "y"), 5),
        (("table",), 7),
        (("table", "text"), 8),
        (("table", "raw"), 12),
        (("table", "after"), 16),
        (("spaced", "out"), 18),
        (("spaced", "out", "when"), 19),
        (("spaced", "out", "list", 0), 21),
        (("spaced", "out", "list", 2), 22),
        (("spaced", "out", "list", 3, 1, "k", 0), 23),
        (("spaced", "out", "list", 4, "x", "y"), 24),
        (("spaced", "out", "inline", "q r", 1), 26),
        (("spaced", "out", "inline", "s", "t"), 26),
        (("items",), 28),
        (("items", 0, "name"), 29),
        (("items", 0, "sub", "key"), 31),
        (("items", 0, "deep", 1, "v"), 35),
        (("items", 1), 36),
        (("items", 1, "sub", "key"), 39),
        (("table", "child", ""), 41),
        (("table", "child", "next"), 43),
        (("a", "z", "last"), 45),
    ],
    ids=str,
)
def test_a_key_stands_on_its_line(path: KeyPath, line: int) -> None:
    """Counted by hand; numbers that end a line of the text say so there."""
    assert lines_of(MISLEADING)[path] == line


def test_lines_may_end_as_on_another_system() -> None:
    """With CR and LF."""
    text = 'a = """\r\nx\r\n"""\r\n\r\n[b]\r\nc = 1\r\n'

    assert lines_of(text) == {("a",): 1, ("b",): 5, ("b", "c"): 6}


def test_what_is_missing_stands_where_it_belongs() -> None:
    """On the line of the nearest table around it; the file as a whole begins on line 1."""
    lines: dict[KeyPath, int] = {("a",): 3, ("a", "b"): 5}

    assert line_of(lines, ("a", "b", "c", 0)) == 5
    assert line_of(lines, ("a", "x")) == 3
    assert line_of(lines, ("x",)) == line_of({}, ()) == 1


WORDS = st.text(st.sampled_from("ab.[]{}=,#'\"\\ \n\té"), max_size=5)


def quoted(text: str) -> str:
    """Write a string as TOML in one line."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def written(text: str, way: int) -> str:
    """Write a string in one of the ways of TOML that can hold it."""
    if way == 0 and "'" not in text and "\n" not in text:
        return f"'{text}'"
    if way == 1 and "'" not in text:
        return f"'''\n{text}'''"
    body = text.replace("\\", "\\\\").replace('"', '\\"')
    return quoted(text) if way == 2 else f'"""{body}"""'


STRINGS = st.builds(written, WORDS, st.integers(0, 3))
BREAKS = st.sampled_from(["", " ", "\n", " # ] } = '''\n"])


def array(parts: list[tuple[str, str, str]]) -> str:
    """Write an array, with breaks and comments around its elements."""
    return f"[{','.join(map(''.join, parts))}]"


def inline(parts: list[str]) -> str:
    """Write an inline table with dotted keys."""
    return "{" + ", ".join(f"k{place} . {quoted('x y')} = {part}" for place, part in enumerate(parts)) + "}"


VALUES = st.recursive(
    STRINGS | st.sampled_from(["1", "true", "1979-05-27 07:32:00", "-1.5e3", "[]", "{}"]),
    lambda inner: (
        st.lists(st.tuples(BREAKS, inner, BREAKS), max_size=3).map(array) | st.lists(inner, max_size=3).map(inline)
    ),
    max_leaves=6,
)
HEADERS = st.sampled_from(["", "[t{}]", "[ t{} . 'a.b' ]", "[[items]] # x", "[[q]]\n[q.r]"])


@st.composite
def documents(draw: st.DrawFn) -> str:
    """Draw a text of tables, arrays of tables and keys, each name once, so that it is right."""
    lines = []
    for number in range(draw(st.integers(1, 6))):
        header = draw(HEADERS).format(number)
        lines += [header] if number else []
        for key in draw(st.lists(WORDS, max_size=3, unique=True)):
            name = f"n{number}.{quoted(key)}" if draw(st.booleans()) else quoted(f"{number}{key}")
            lines.append(f"{name} = {draw(VALUES)} {draw(st.sampled_from(['', '# = [']))}")
    return "\n".join(lines)


@EXAMPLES
@given(text=documents())
def test_the_keys_found_are_those_that_tomllib_reads(text: str) -> None:
    """In any text that it accepts."""
    content = tomllib.loads(text)

    assert set(lines_of(text)) == set(paths(content))
