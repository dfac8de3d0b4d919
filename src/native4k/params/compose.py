"""Put the numbers of overlays such as params/paper.yaml into params.yaml, which is what every command reads.

An overlay has the sections of params.yaml, and of them only what differs. Mappings merge key by key. A list or a single
value replaces the one in params.yaml, and so does a mapping that is empty or marked `!replace`. A key that params.yaml
lacks is an error, unless its value is marked `!replace`. A comment goes with its value; where an overlay has none, the
comment in params.yaml stays. Aliases are written out, because `dvc exp run -S` cannot change a single use of them.
"""

import argparse
import re
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from native4k import params
from native4k.errors import UserError

REPLACE = "!replace"
WIDTH = 120
"""Characters of a line, where braces can be broken."""


@dataclass
class Entry:
    """A key, its value and the comments on it. Further lines are kept relative to the column of the key."""

    name: str
    key: str = ""  # the name as written
    above: list[str] = field(default_factory=list)  # lines of comments, and empty ones
    comment: str = ""  # on the line of the key, or after the value
    column: int = 0  # where the comment begins
    text: str | None = None  # the value as written; None: write it from its entries
    entries: "list[Entry] | None" = None  # those of a mapping
    flow: bool = False  # a mapping in braces
    replaces: bool = False  # whatever was there


@dataclass
class Document:
    """A params file or an overlay."""

    header: list[str]  # comments above the first key, up to the last empty line
    root: Entry
    tail: list[str]  # lines below the last value

    def write(self) -> str:
        """The file's text."""
        return "\n".join([*self.header, *_lines(self.root, 0), *self.tail])


def parse(text: str, path: Path) -> Document:
    """The entries of a params file or an overlay, with every alias written out."""
    return _Reader(text, path).document()


def read(path: Path) -> Document:
    """A file's entries."""
    return params.parse_file(path, lambda text: parse(text, path), "name an overlay such as params/paper.yaml")


class _Reader:
    def __init__(self, text: str, path: Path) -> None:
        self.path, self.text = path, text
        self.node = yaml.compose(text, yaml.SafeLoader)
        for token in yaml.scan(text, yaml.SafeLoader):  # what marks values is no part of them
            if isinstance(token, yaml.AnchorToken | yaml.TagToken):
                start, end = token.start_mark.index, token.end_mark.index
                if isinstance(token, yaml.TagToken) and text[start:end] != REPLACE:
                    raise UserError(f"{path}: unknown tag {text[start:end]}; {REPLACE} is the only one")
                self.text = self.text[:start] + " " * (end - start) + self.text[end:]
        self.lines = self.text.split("\n")

    def document(self) -> Document:
        if not isinstance(self.node, yaml.MappingNode) or self.node.flow_style:
            raise UserError(f"{self.path}: expected sections such as 'collect:', found no mapping")
        root = Entry("", entries=self._entries(self.node, ()))
        above = root.entries[0].above if root.entries else []
        header = max((place + 1 for place, line in enumerate(above) if not line), default=0)
        document = Document(above[:header], root, self.lines[self._last(self.node) + 1 :])
        del above[:header]
        return document

    def _entries(self, node: yaml.MappingNode, keys: tuple[str, ...]) -> list[Entry]:
        """A mapping's entries; its own win over those that `<<` merges, in their places."""
        merged, own = dict[str, Entry](), dict[str, Entry]()
        for key, value in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                for one in value.value if isinstance(value, yaml.SequenceNode) else [value]:
                    merged = merged | {entry.name: entry for entry in self._entries(one, keys)} | merged
                continue
            if not isinstance(key, yaml.ScalarNode):
                raise UserError(f"{self.path}: {'.'.join(keys)}: a key is no name")
            where = (*keys, key.value)
            if key.value in own:
                raise UserError(f"{self.path}: {'.'.join(where)}: stands there twice")
            own[key.value] = self._entry(key, value, where, inside=bool(node.flow_style))
        for name in merged.keys() & own.keys():
            if not own[name].comment:
                own[name].comment, own[name].column = merged[name].comment, merged[name].column
        return list((merged | own).values())

    def _entry(self, key: yaml.ScalarNode, value: yaml.Node, where: tuple[str, ...], *, inside: bool) -> Entry:
        entry = Entry(key.value, self.text[key.start_mark.index : key.end_mark.index])
        entry.replaces = value.tag == REPLACE
        if isinstance(value, yaml.MappingNode):
            entry.entries = self._entries(value, where)
            entry.flow = bool(value.flow_style) and not self._refers(value)
        if entry.entries is None or entry.flow:
            entry.text = self._value(key, value, inside=inside)
        if not inside:
            entry.above = self._above(key)
            self._comment(entry, key, value)
        return entry

    def _value(self, key: yaml.ScalarNode, value: yaml.Node, *, inside: bool) -> str:
        """A value as written, or where its aliases or the braces around it do not let it be, on one line."""
        alias, start = _alias(key, value), value.start_mark
        written = self.text[start.index : value.end_mark.index].strip()
        block = isinstance(value, yaml.SequenceNode) and not value.flow_style
        if self._refers(value) or (alias and block) or (inside and "\n" in written):
            data = yaml.constructor.SafeConstructor().construct_document(value)
            line = str(yaml.safe_dump(data, default_flow_style=True, sort_keys=False, width=10**6))
            return line.removesuffix("...\n").strip()
        if not (alias or inside) and start.line > key.start_mark.line:
            written = "\n".join(["", *self.lines[key.start_mark.line + 1 : self._last(value) + 1]])
        first, *rest = written.split("\n")
        column = len(self.lines[start.line]) - len(self.lines[start.line].lstrip()) if alias else key.start_mark.column
        return "\n".join([first, *(_dedent(line, column) for line in rest)])

    def _above(self, key: yaml.ScalarNode) -> list[str]:
        """The comments and empty lines above a key."""
        first = key.start_mark.line
        while first and self.lines[first - 1].lstrip()[:1] in {"", "#"}:
            first -= 1
        return [_dedent(line, key.start_mark.column) for line in self.lines[first : key.start_mark.line]]

    def _comment(self, entry: Entry, key: yaml.ScalarNode, value: yaml.Node) -> None:
        """Find the comment on the line of the key, or after a value that begins there."""
        line = self.lines[key.start_mark.line]
        after = key.end_mark.column
        if entry.text is not None and not _alias(key, value) and value.start_mark.line == key.start_mark.line:
            line, after = self.lines[value.end_mark.line], value.end_mark.column
        found = re.fullmatch(r"\s*:?\s*(?:\*\S+)?\s*(#.*)", line[after:].rstrip())
        if found and not (isinstance(value, yaml.ScalarNode) and value.style in {"|", ">"}):
            entry.comment, entry.column = found[1], after + found.start(1)

    def _refers(self, node: yaml.Node) -> bool:
        """Whether an alias stands in a value."""
        return any(part.start_mark.index < node.start_mark.index or self._refers(part) for part in _parts(node))

    def _last(self, node: yaml.Node) -> int:
        """The line in which a value ends, without the comments below it."""
        if not isinstance(node, yaml.CollectionNode) or node.flow_style:
            return self.text.count("\n", 0, len(self.text[: node.end_mark.index].rstrip()))
        own = [part for part in _parts(node) if part.start_mark.index >= node.start_mark.index]
        return max(map(self._last, own), default=int(node.start_mark.line))


def _parts(node: yaml.Node) -> list[yaml.Node]:
    """The keys and values in a mapping, the items of a list."""
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []


def _alias(key: yaml.Node, value: yaml.Node) -> bool:
    """Whether the value stands elsewhere: an alias stands for what is above it."""
    return bool(value.start_mark.index < key.start_mark.index)


def _dedent(line: str, column: int) -> str:
    return line[column:] if not line[:column].strip() else line.lstrip()


def compose(base: Path, overlays: Iterable[Path]) -> str:
    """The text of a params file with what the overlays change; of two that change the same, the later counts."""
    params.read(base)
    document = read(base)
    for path in overlays:
        merge(document, read(path), path)
    return document.write()


def merge(base: Document, overlay: Document, path: Path) -> None:
    """Change a document to what the overlay at this path says."""
    base.header = overlay.header or base.header
    _settle(overlay.root)
    _merge(base.root, overlay.root, (), path)


def _settle(entry: Entry) -> None:
    """Let what can be merged be written the same way whether it is merged or the first of its name."""
    entry.above.sort(key=bool)  # empty lines first
    if entry.entries and not entry.replaces:
        entry.text = None
        for each in entry.entries:
            _settle(each)


def _merge(old: Entry, new: Entry, keys: tuple[str, ...], path: Path) -> None:
    assert old.entries is not None
    old.text, old.flow = None, old.flow and new.flow
    there = {entry.name: entry for entry in old.entries}
    for entry in new.entries or []:
        where = (*keys, entry.name)
        if entry.name not in there and not entry.replaces:
            raise UserError(f"{path}: {'.'.join(where)}: unknown key; {_advice(entry.name, list(there))}")
        if entry.name not in there:
            old.entries.append(entry)
            continue
        mine = there[entry.name]
        if entry.entries and mine.entries is not None and not entry.replaces:
            _merge(mine, entry, where, path)
        else:
            mine.text, mine.entries, mine.flow = entry.text, entry.entries, entry.flow
        if entry.comment:
            mine.comment, mine.column = entry.comment, mine.column or entry.column
        if any(entry.above):
            mine.above = [*(line for line in mine.above if not line), *filter(None, entry.above)]


def _advice(name: str, there: list[str]) -> str:
    if near := params.closest_name(name, there):
        return f"is it {near!r}?"
    return f"mark its value {REPLACE} to add it; there are: {', '.join(there) or 'none'}"


def _lines(mapping: Entry, indent: int) -> Iterator[str]:
    """The lines of a mapping's entries."""
    space = " " * indent
    for entry in mapping.entries or []:
        yield from ((space + line).rstrip() for line in entry.above)
        if entry.text is None and not entry.flow:
            yield _beside(f"{space}{entry.key}:", entry)
            yield from _lines(entry, indent + 2)
            continue
        first, *rest = _written(entry, WIDTH - indent)
        below = [(space + line).rstrip() for line in rest]
        if entry.comment and rest and not _is_below(entry):
            yield from [f"{space}{first}", *below[:-1], _beside(below[-1], entry)]
        else:
            yield from [_beside(f"{space}{first}", entry), *below]


def _is_below(entry: Entry) -> bool:
    """Whether a value begins below its key, whose line has the comment."""
    return entry.text is not None and entry.text.startswith("\n")


def _written(entry: Entry, width: int) -> list[str]:
    """A key with a value that is no block of entries."""
    if entry.text is not None:
        return f"{entry.key}: {entry.text}".split("\n")
    whole = f"{entry.key}: {_flow(entry)}".replace(": ", ":\0")  # broken between entries, not within
    lines = textwrap.wrap(whole, width, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)
    return [line.replace("\0", " ") for line in lines]


def _flow(entry: Entry) -> str:
    """A value on one line."""
    if entry.text is not None:
        return entry.text
    return f"{{{', '.join(f'{each.key}: {_flow(each)}' for each in entry.entries or [])}}}"


def _beside(line: str, entry: Entry) -> str:
    """A line with the entry's comment, in its column if there is room."""
    line = line.rstrip()
    if not entry.comment:
        return line
    return line.ljust(entry.column if entry.column > len(line) + 1 else len(line) + 2) + entry.comment


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Paths of the step."""
    parser.add_argument("overlays", type=Path, nargs="+", help="what differs, a file or more; the last one counts")


def run(args: argparse.Namespace) -> None:
    """Rewrite the params file with what the overlays change, whole or not at all."""
    from native4k import tables  # not for those who only read, such as summary

    tables.write_text(compose(args.params, args.overlays), args.params)
