# FETCH: metadata -> collect -> fetch -> freeze -> data/images, which `make images` hands to DVC.
configfile: "params.yaml"


include: "common.smk"


SHARDS = config["shards"]
OPTOUT = files("data/optout/*.txt")


rule freeze:
    """Close the store and note what it was made from."""
    default_target: True
    input:
        candidates=expand("data/scratch/fetch/candidates/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        counts="data/scratch/fetch/collected.parquet",
        rejected="data/scratch/fetch/not_collected.parquet",
        shards=expand("data/scratch/fetch/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
    output:
        finished("freeze", "data/images"),
    log:
        "data/scratch/logs/freeze.log",
    params:
        identity("freeze"),
    shell:
        "native4k freeze data/images --candidates {input.candidates} --counts {input.counts}"
        " --rejected {input.rejected} --shards {input.shards} --mark {output} 2>&1 | tee {log}"


rule collect:
    """Choose candidates from the sources' metadata."""
    input:
        optout=OPTOUT,
    output:
        candidates=rules.freeze.input.candidates,
        counts=rules.freeze.input.counts,
        rejected=rules.freeze.input.rejected,
    log:
        "data/scratch/logs/collect.log",
    params:
        identity("collect"),
    shell:
        "native4k collect data/sources data/scratch/fetch/candidates {output.counts} {output.rejected}"
        " --opt-out {input.optout} 2>&1 | tee {log}"


rule fetch:
    """Bring one shard of the original bytes."""
    input:
        candidates="data/scratch/fetch/candidates/{shard}-of-{of}.parquet",
        optout=OPTOUT,
    output:
        "data/scratch/fetch/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/fetch-{shard}-of-{of}.log",
    params:
        identity("fetch"),
        retry=config.get("retry", "later"),
    shell:
        "native4k fetch {input.candidates} data/sources data/images {output} --shard {wildcards.shard}/{wildcards.of}"
        " --opt-out {input.optout} --retry {params.retry} 2>&1 | tee {log}"
