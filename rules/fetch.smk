# FETCH: metadata (analyze) -> collect -> fetch -> freeze -> data/images, which `make images` hands to DVC.
from pathlib import Path


configfile: "params.yaml"


SHARDS = config["shards"]
OPTOUT = sorted(map(str, Path("data/optout").glob("*.txt")))
FETCHING = [
    *(f"src/native4k/{name}.py" for name in ("geometry", "images", "tables")),
    *sorted(map(str, Path("src/native4k/headers").glob("*.py"))),
    *(f"src/native4k/fetch/{path.name}" for path in sorted(Path("src/native4k/fetch").glob("*.py"))),
]


rule images:
    """The frozen image store."""
    input:
        "data/images/origin.json",


rule analyze:
    """Say what the sources' metadata hold and are fit for."""
    input:
        "src/native4k/geometry.py",
        analyze=sorted(map(str, Path("src/native4k/analyze").glob("*.py"))),
        metadata=sorted(map(str, Path("src/native4k/metadata").glob("*.py"))),
        sources=sorted(map(str, Path("src/native4k/sources").rglob("*.py"))),
    output:
        report="data/analysis/report.html",
        stats="data/analysis/stats.json",
    log:
        "data/scratch/logs/analyze.log",
    params:
        config["analyze"],
        config["collect"]["sources"],
        config["demo"],
    shell:
        "native4k analyze data/analysis 2>&1 | tee {log}"


rule collect:
    """Choose candidates from the sources' metadata."""
    input:
        "src/native4k/fetch/collect.py",
        "src/native4k/fetch/identity.py",
        "src/native4k/fetch/optout.py",
        "src/native4k/fetch/shelves.py",
        "src/native4k/geometry.py",
        "src/native4k/tables.py",
        metadata=sorted(map(str, Path("src/native4k/metadata").glob("*.py"))),
        sources=sorted(map(str, Path("src/native4k/sources").rglob("*.py"))),
        optout=OPTOUT,
    output:
        candidates=expand("data/scratch/fetch/candidates/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        counts="data/scratch/fetch/collected.parquet",
        rejected="data/scratch/fetch/not_collected.parquet",
    log:
        "data/scratch/logs/collect.log",
    params:
        config["collect"],
        config["demo"],
    shell:
        "native4k collect data/sources data/scratch/fetch/candidates {output.counts} {output.rejected}"
        " --opt-out {input.optout} 2>&1 | tee {log}"


rule fetch:
    """Bring one shard of the original bytes."""
    input:
        FETCHING,
        candidates="data/scratch/fetch/candidates/{shard}-of-{of}.parquet",
        optout=OPTOUT,
    output:
        "data/scratch/fetch/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/fetch-{shard}-of-{of}.log",
    params:
        config["fetch"],
        config["probe"]["geometry"],
        retry=config.get("retry", "later"),
    shell:
        "native4k fetch {input.candidates} data/sources data/images {output} --shard {wildcards.shard}/{wildcards.of}"
        " --opt-out {input.optout} --retry {params.retry} 2>&1 | tee {log}"


rule freeze:
    """Close the store and note what it was made from."""
    input:
        "src/native4k/fetch/freeze.py",
        candidates=rules.collect.output.candidates,
        counts=rules.collect.output.counts,
        rejected=rules.collect.output.rejected,
        shards=expand(rules.fetch.output, shard=range(SHARDS), of=SHARDS),
    output:
        "data/images/origin.json",
    log:
        "data/scratch/logs/freeze.log",
    shell:
        "native4k freeze data/images --candidates {input.candidates} --counts {input.counts}"
        " --rejected {input.rejected} --shards {input.shards} 2>&1 | tee {log}"
