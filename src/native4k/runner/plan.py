"""Which stages are to come, and which steps they are shown as."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from native4k import provenance
from native4k.runner.watch import COLOURS, HIDDEN, steps_of

ITEM = re.compile(r"\$\{item\.([\w.]+)\}")


class Stage(NamedTuple):
    """What a stage reads and writes."""

    deps: list[str]
    outs: list[str]


def stages(file: Path, tree: dict[str, Any]) -> dict[str, Stage]:
    """All stages of a dvc.yaml by name, those made for each entry of a section one by one."""
    found = dict[str, Stage]()
    for name, stage in yaml.safe_load(file.read_text(encoding="utf-8"))["stages"].items():
        section = stage.get("foreach", "").strip("${}")
        if not section:
            found[name] = _stage(stage, "", {})
        for key, item in (provenance.lookup(tree, section) or {}).items() if section else ():
            found[f"{name}@{key}"] = _stage(stage["do"], key, item)
    return found


def _stage(written: dict[str, Any], key: str, item: Any) -> Stage:
    def paths(*kinds: str) -> list[str]:
        named = [next(iter(one)) if isinstance(one, dict) else one for kind in kinds for one in written.get(kind, ())]
        filled = [path.replace("${key}", key) for path in named]
        return [ITEM.sub(lambda found: str(provenance.lookup(item, found[1])), path) for path in filled]

    return Stage(paths("deps", "params"), paths("outs", "metrics"))


def announced(printed: str, saying: re.Pattern[str]) -> list[str]:
    """The stages of which DVC has printed something."""
    lines = (COLOURS.sub("", line).strip() for line in printed.splitlines())
    return [found[1] for line in lines if (found := saying.match(line))]


def to_come(run: list[str], same: list[str], known: dict[str, Stage], *, whole: bool) -> list[str]:
    """The stages that may run: those that DVC would run now, and all that read of what these write.

    Where DVC did not look at all of them, as what an earlier one makes is missing, all but those that are the same.
    """
    names = [name for name in known if name in run or not (whole or name in same)]
    written = [out for name in names if name not in HIDDEN for out in known[name].outs]
    for name, stage in known.items():
        if name not in names and any(_reads(dep, out) for dep in stage.deps for out in written):
            written += stage.outs
            names.append(name)
    return sorted(names, key=list(known).index)


def _reads(dep: str, out: str) -> bool:
    """Whether what is read is, holds or lies in what is written."""
    return dep == out or dep.startswith(f"{out}/") or out.startswith(f"{dep}/")


def shown_steps(names: list[str], tree: dict[str, Any]) -> list[str]:
    """The steps that some stages are shown as."""
    steps = [step for name in names for step in steps_of(name)]
    return [step for step in steps if step != "embed" or tree["embed"]["kind"] != "none"]
