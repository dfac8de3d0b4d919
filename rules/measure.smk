# MEASURE: data/images -> probe, score, label -> data/features. The images have no rule here: DVC brings them.
configfile: "params.yaml"


include: "common.smk"


forget_unrecorded(
    *(f"data/scratch/{step}/*.parquet" for step in ("probe", "score", "embed", "label")), "data/scratch/features.json"
)

SHARDS = config["shards"]
WORDS = expand("params/words/{question}.yaml", question=config["label"]["questions"])
EMBEDDED = [] if config["embed"]["kind"] == "none" else range(SHARDS)


rule features:
    """Join what was measured; the row cache remembers it for the next collection."""
    default_target: True
    input:
        probed=expand("data/scratch/probe/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        scored=expand("data/scratch/score/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        embedded=expand("data/scratch/embed/{shard}-of-{of}.parquet", shard=EMBEDDED, of=SHARDS),
        labelled=expand("data/scratch/label/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        words=WORDS,
    output:
        finished("features", "data/features"),
    log:
        "data/scratch/logs/features.log",
    params:
        identity("features"),
    shell:
        "native4k features data/images data/features --probed {input.probed} --scored {input.scored}"
        " --labelled {input.labelled} --embedded {input.embedded} --words params/words --mark {output} 2>&1 | tee {log}"


rule probe:
    """Decode one shard."""
    input:
        "data/images/origin.json",
    output:
        "data/scratch/probe/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/probe-{shard}-of-{of}.log",
    params:
        identity("probe"),
    shell:
        "native4k probe data/images {output} --shard {wildcards.shard}/{wildcards.of} 2>&1 | tee {log}"


rule score:
    """Rate one shard."""
    input:
        probed=rules.probe.output,
    output:
        "data/scratch/score/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/score-{shard}-of-{of}.log",
    params:
        identity("score"),
    shell:
        "native4k score data/images {output} --probed {input.probed} --shard {wildcards.shard}/{wildcards.of}"
        " 2>&1 | tee {log}"


rule embed:
    """Show one shard to a network that knows copies by sight; only where `embed.kind` names one."""
    input:
        probed=rules.probe.output,
    output:
        "data/scratch/embed/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/embed-{shard}-of-{of}.log",
    params:
        identity("embed"),
    shell:
        "native4k embed data/images {output} --probed {input.probed} --shard {wildcards.shard}/{wildcards.of}"
        " 2>&1 | tee {log}"


rule label:
    """Put one shard into categories."""
    input:
        probed=rules.probe.output,
    output:
        "data/scratch/label/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/label-{shard}-of-{of}.log",
    params:
        identity("label"),
    shell:
        "native4k label data/images {output} --words params/words --probed {input.probed}"
        " --shard {wildcards.shard}/{wildcards.of} 2>&1 | tee {log}"
