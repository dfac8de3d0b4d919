# Shared by the files beside it: bash, so that no failure is lost in a pipe, and what each result depends on.
import shutil
from base64 import urlsafe_b64encode
from pathlib import Path

from snakemake.exceptions import WorkflowError

from native4k import params as numbers
from native4k import provenance
from native4k.errors import UserError

if shutil.which("bash") is None:
    raise WorkflowError("bash is not on the PATH: the rules need it, or a step that fails would pass unseen")
shell.executable("bash")

try:
    PARAMS = numbers.read(Path("params.yaml"))
except UserError as error:
    raise WorkflowError(str(error)) from None


def identity(step):
    """What the step's result depends on: its code and numbers, all steps before it here, all that enters from outside."""
    return provenance.identity(step, PARAMS)


def finished(step, folder):
    """The mark that a step has finished a folder of DVC's; it is taken away where DVC has changed the folder since."""
    mark = Path(f"data/scratch/{step}.json")
    if not provenance.is_sealed(Path(folder), mark):
        mark.unlink(missing_ok=True)
    return str(mark)


def files(*patterns):
    """The files that match, in order."""
    return sorted(str(path) for pattern in patterns for path in Path().glob(pattern))


def forget_unrecorded(*patterns):
    """Remove intermediate files that Snakemake has no record of: nobody knows by which code and numbers they were made."""
    if workflow.is_main_process:
        known = {path.name for kind in ("metadata", "incomplete") for path in Path(".snakemake", kind).glob("*")}
        for path in files(*patterns):
            if urlsafe_b64encode(path.encode()).decode() not in known:  # as Snakemake names its records
                Path(path).unlink()
