# MEASURE: data/images -> probe, score, label -> data/features. The images have no rule here: DVC brings them.
configfile: "params.yaml"


include: "frozen.smk"


SHARDS = config["shards"]
EMBEDDED = [] if config["embed"]["kind"] == "none" else range(SHARDS)
LOOKING = (
    "artefacts",
    "borders",
    "complete",
    "cost",
    "detail",
    "encoding",
    "look",
    "nativeness",
    "parts",
    "phash",
    "sharpness",
    "signing",
    "thumbnail",
    "tones",
    "workers",
)
WORDS = expand("params/words/{question}.yaml", question=config["label"]["questions"])
STORE = frozen("data/images/index.parquet", "data/images/candidates.parquet", made_by="freeze")
FILLING = [  # what all steps that fill single columns are made of
    "src/native4k/measure/asked.py",
    "src/native4k/measure/cache.py",
    "src/native4k/measure/columns.py",
    "src/native4k/measure/endpoint.py",
    "src/native4k/measure/hardware.py",
    "src/native4k/measure/views.py",
    "src/native4k/measure/vlm.py",
    "src/native4k/images.py",
    "src/native4k/tables.py",
]


rule features:
    """Join what was measured; the row cache remembers it for the next collection."""
    input:
        "src/native4k/measure/features.py",
        "src/native4k/measure/recall.py",
        "src/native4k/tables.py",
        probed=expand("data/scratch/probe/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        scored=expand("data/scratch/score/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        embedded=expand("data/scratch/embed/{shard}-of-{of}.parquet", shard=EMBEDDED, of=SHARDS),
        labelled=expand("data/scratch/label/{shard}-of-{of}.parquet", shard=range(SHARDS), of=SHARDS),
        words=WORDS,
    output:
        directory("data/features"),
    log:
        "data/scratch/logs/features.log",
    shell:
        "native4k features data/images {output} --probed {input.probed} --scored {input.scored}"
        " --labelled {input.labelled} --embedded {input.embedded}"
        " --words params/words 2>&1 | tee {log}"


rule probe:
    """Decode one shard."""
    input:
        "data/images/origin.json",
        expand("src/native4k/measure/{part}.py", part=LOOKING),
        "src/native4k/measure/probe.py",
        "src/native4k/measure/cache.py",
        "src/native4k/geometry.py",
        "src/native4k/images.py",
        "src/native4k/tables.py",
    output:
        "data/scratch/probe/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/probe-{shard}-of-{of}.log",
    params:
        config["probe"],
        STORE,
    shell:
        "native4k probe data/images {output} --shard {wildcards.shard}/{wildcards.of} 2>&1 | tee {log}"


rule score:
    """Rate one shard."""
    input:
        FILLING,
        "src/native4k/measure/score.py",
        "src/native4k/measure/metrics.py",
        "src/native4k/measure/textures.py",
        "src/native4k/measure/rating.py",
        probed=rules.probe.output,
    output:
        "data/scratch/score/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/score-{shard}-of-{of}.log",
    params:
        config["score"],
        STORE,
    shell:
        "native4k score data/images {output} --probed {input.probed} --shard {wildcards.shard}/{wildcards.of}"
        " 2>&1 | tee {log}"


rule embed:
    """Show one shard to a network that knows copies by sight; only where `embed.kind` names one."""
    input:
        "src/native4k/measure/embed.py",
        "src/native4k/measure/cache.py",
        "src/native4k/images.py",
        "src/native4k/tables.py",
        probed=rules.probe.output,
    output:
        "data/scratch/embed/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/embed-{shard}-of-{of}.log",
    params:
        config["embed"],
        STORE,
    shell:
        "native4k embed data/images {output} --probed {input.probed} --shard {wildcards.shard}/{wildcards.of}"
        " 2>&1 | tee {log}"


rule label:
    """Put one shard into categories."""
    input:
        FILLING,
        "src/native4k/measure/label.py",
        "src/native4k/measure/lmm.py",
        "src/native4k/measure/words.py",
        "src/native4k/measure/zeroshot.py",
        words=WORDS,
        probed=rules.probe.output,
    output:
        "data/scratch/label/{shard}-of-{of}.parquet",
    log:
        "data/scratch/logs/label-{shard}-of-{of}.log",
    params:
        config["label"],
        STORE,
    shell:
        "native4k label data/images {output} --words params/words --probed {input.probed}"
        " --shard {wildcards.shard}/{wildcards.of} 2>&1 | tee {log}"
