"""What tests put inside a project's processes: Python imports a module of this name first, wherever it finds it.

NATIVE4K_AUDIT=FOLDER notes which modules and files each step uses. NATIVE4K_FAULT='one select' kills the process of the
step `select` as it is about to name what it has written; 'group select' kills all that was started with it.
"""

import os
import signal
import sys
from pathlib import Path

PYTEST_STEP = "check"


def step() -> str:
    """The words of the command line that say which step this process runs; none for other programs."""
    program, *words = [*sys.orig_argv[1:], ""]
    name = Path(program).name
    if name == "pytest" and "tests/product" in words:
        return PYTEST_STEP
    return " ".join(words[:3]).strip() if name == "native4k" else ""


def audit(folder: Path) -> None:
    """Append a line for each of our modules that is imported, each file below the project that is opened."""
    root = f"{Path.cwd()}{os.sep}"
    name = os.environ["NATIVE4K_STEP"]
    lines = os.open(folder / f"{os.getpid()}.txt", os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def hook(event: str, args: tuple[object, ...]) -> None:
        if event == "import" and str(args[0]).partition(".")[0] == "native4k":
            os.write(lines, f"{name}\timport\t{args[0]}\n".encode())
        elif event == "native4k.params":
            os.write(lines, f"{name}\tparams\t{args[0]}\n".encode())
        elif event == "open" and isinstance(args[0], (str, bytes, os.PathLike)):
            path = os.path.abspath(os.fsdecode(args[0]))  # noqa: PTH100 (pathlib would audit itself)
            if path.startswith(root):
                os.write(lines, f"{name}\topen\t{path[len(root) :]}\n".encode())

    sys.addaudithook(hook)


def fault(how: str) -> None:
    """Die at the first file that is finished; pytest finishes none, and dies at once."""

    def die() -> None:
        os.kill(0 if how == "group" else os.getpid(), signal.SIGKILL)

    if step() == PYTEST_STEP:
        die()

    def hook(event: str, _: tuple[object, ...]) -> None:
        if event == "os.rename":
            die()

    sys.addaudithook(hook)


if step():
    os.environ["NATIVE4K_STEP"] = step()
if "NATIVE4K_AUDIT" in os.environ and "NATIVE4K_STEP" in os.environ:
    audit(Path(os.environ["NATIVE4K_AUDIT"]))
if "NATIVE4K_FAULT" in os.environ and step():
    method, _, victim = os.environ["NATIVE4K_FAULT"].partition(" ")
    if f"{step()} ".startswith(f"{victim} "):
        fault(method)
