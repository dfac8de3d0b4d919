"""What each step is made of, beside its code: its numbers, the steps before it, and what enters from outside.

The steps are named as the rules and stages that run them. No module is named here but a step's own: the rest follows
from imports. No number of shards, workers or threads is named that a result does not depend on.
"""

from typing import NamedTuple


class Step(NamedTuple):
    """One rule or stage."""

    code: tuple[str, ...]
    """Modules, without the package's name, or folders of tests."""
    sections: tuple[str, ...] = ()
    """Of params.yaml; {item} stands for the baseline or part that a stage is about."""
    after: tuple[str, ...] = ()
    """Steps before it in the same rule file."""
    reads: tuple[str, ...] = ()
    """Files and globs that come from outside the rule file."""
    libraries: tuple[str, ...] = ()
    """Installed packages whose version decides what it makes."""
    shows: tuple[str, ...] = ()
    """Steps whose definitions stand in what it makes."""


OPTOUT = "data/optout/*.txt"
STORE = ("data/images/index.parquet", "data/images/candidates.parquet")
WORDS = "params/words/*.yaml"
RELEASED = "data/released/*.csv"
FEATURES = "data/features/images.parquet"

DECODERS = ("numpy", "opencv-python-headless", "pillow", "scipy", "simplejpeg")
"""Another version gives other pixels."""

TORCH = ("torch",)
"""Another version, or instruction level, gives other last digits."""

FETCH = {
    "collect": Step(("fetch.collect",), ("collect", "demo"), reads=(OPTOUT,)),
    "fetch": Step(("fetch.fetch",), ("fetch", "probe.geometry", "collect.sources", "demo"), ("collect",), (OPTOUT,)),
    "freeze": Step(("fetch.freeze",), ("fetch.max_transient", "probe.geometry"), ("collect", "fetch"), (OPTOUT,)),
}

MEASURE = {
    "probe": Step(("measure.probe",), ("probe",), reads=STORE, libraries=DECODERS),
    "score": Step(("measure.score",), ("score",), ("probe",), libraries=TORCH),
    "embed": Step(("measure.embed",), ("embed",), ("probe",), libraries=TORCH),
    "label": Step(("measure.label",), ("label",), ("probe",), (WORDS,), libraries=TORCH),
    "features": Step(
        ("measure.features",), ("probe", "score", "label"), ("probe", "score", "embed", "label"), (WORDS,)
    ),
}

DATASET = {
    "vet": Step(("dataset.vet",), ("vet",), reads=(FEATURES, "data/votes/*.csv")),
    "select": Step(("dataset.select",), ("select",), ("vet",), ("data/takedown/*.txt",)),
    "dedup": Step(
        ("dataset.dedup",),
        ("dedup",),
        ("select",),
        (RELEASED, "data/foreign/*.parquet", "data/features/embeddings.parquet"),
    ),
    "balance": Step(("dataset.balance",), ("balance",), ("dedup",)),
    "split": Step(("dataset.split",), ("split",), ("balance",), (RELEASED,)),
    "leaks": Step(("dataset.leaks",), ("dedup",), ("split",)),
    "check": Step(
        ("tests/product",), ("dedup", "split"), ("vet", "select", "dedup", "balance", "split", "leaks"), (RELEASED,)
    ),
    "tables": Step(("dataset.tables",), (), ("split", "leaks", "check")),
}

RULES = FETCH | MEASURE | DATASET

SAVED = ("sr.baselines.{item}.network", "sr.baselines.{item}.training.recipe")
SAVED_PRETRAINED = ("sr.pretrained.{item}.network", "sr.pretrained.{item}.training.recipe")
"""What the saved params of a baseline load by name."""

STAGES = {
    "analyze": Step(("analyze.analyze",), ("analyze", "collect.sources", "demo")),
    "publish": Step(
        ("publish.publish",), ("publish", "probe.geometry", "collect.sources", "demo"), shows=(*MEASURE, *DATASET)
    ),
    "assess": Step(("publish.assess",), ("assess", "demo")),
    "train_sr": Step(("sr.train",), ("sr.patches", "sr.degrade", "sr.baselines.{item}"), libraries=TORCH),
    "train_pretrained_sr": Step(("sr.train",), ("sr.patches", "sr.degrade", "sr.pretrained.{item}"), libraries=TORCH),
    "evaluate_sr": Step(("sr.evaluate",), ("sr.degrade", "sr.upscale", "sr.evaluate", *SAVED), libraries=TORCH),
    "evaluate_pretrained_sr": Step(
        ("sr.evaluate",), ("sr.degrade", "sr.upscale", "sr.evaluate", *SAVED_PRETRAINED), libraries=TORCH
    ),
    "study": Step(
        ("study.study",),
        (
            *("sr.patches", "sr.degrade", "sr.upscale"),
            *(
                f"study.{name}"
                for name in ("collection", "network", "training", "conventions", "measures", "bootstrap")
            ),
            "study.designs.{item}",
        ),
        libraries=TORCH,
    ),
    "study_report": Step(("study.study_report",)),
    "encode_t2i": Step(("t2i.encode",), ("t2i.baselines.{item}.encode",), libraries=TORCH),
    "train_t2i": Step(("t2i.train",), ("t2i.baselines.{item}.train",), libraries=TORCH),
    "evaluate_t2i": Step(("t2i.evaluate",), ("t2i.evaluate", "t2i.baselines.{item}.generate"), libraries=TORCH),
    "report": Step(("report.report",), ("",)),
}

MILESTONES = {"measure": FETCH | MEASURE, "dataset": DATASET}
"""Stages that run a rule file; `measure` first asks whether the store was made by the rules of fetch."""

EACH = {
    "train_sr": "sr.baselines",
    "train_pretrained_sr": "sr.pretrained",
    "evaluate_sr": "sr.baselines",
    "evaluate_pretrained_sr": "sr.pretrained",
    "study": "study.designs",
    "encode_t2i": "t2i.baselines",
    "train_t2i": "t2i.baselines",
    "evaluate_t2i": "t2i.baselines",
}
"""Stages that DVC makes for each entry of a section."""
