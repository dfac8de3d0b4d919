# DATASET: data/features and votes -> vet -> select -> dedup -> balance -> split -> leaks -> check -> data/tables.
configfile: "params.yaml"


include: "common.smk"


forget_unrecorded("data/scratch/dataset/*", "data/scratch/tables.json")

EMBEDDINGS = "data/features/embeddings.parquet"
RELEASED = files("data/released/*.csv")


rule tables:
    """The final tables, once the product tests have passed."""
    default_target: True
    input:
        "data/scratch/dataset/checked.txt",
        leaks="data/scratch/dataset/leaks.parquet",
        table="data/scratch/dataset/split.parquet",
        features="data/features",
    output:
        finished("tables", "data/tables"),
    log:
        "data/scratch/logs/tables.log",
    params:
        identity("tables"),
    shell:
        "native4k tables {input.table} {input.leaks} {input.features} data/tables --mark {output} 2>&1 | tee {log}"


rule vet:
    """Merge people's votes."""
    input:
        features="data/features",
        votes="data/votes",
    output:
        "data/scratch/dataset/vet.parquet",
    log:
        "data/scratch/logs/vet.log",
    params:
        identity("vet"),
    shell:
        "native4k vet {input.features}/images.parquet {input.votes} {output} 2>&1 | tee {log}"


rule select:
    """Take down what was asked, apply the rules of the preset."""
    input:
        table=rules.vet.output,
        asked=files("data/takedown/*.txt"),
    output:
        "data/scratch/dataset/select.parquet",
    log:
        "data/scratch/logs/select.log",
    params:
        identity("select"),
    shell:
        "native4k select {input.table} {output} --takedown {input.asked} 2>&1 | tee {log}"


rule dedup:
    """Group copies among the survivors."""
    input:
        RELEASED,
        files("data/foreign/*.parquet"),
        table=rules.select.output,
        released="data/released",
        foreign="data/foreign",
        embeddings=EMBEDDINGS if config["dedup"]["embedding"] else [],
    output:
        "data/scratch/dataset/dedup.parquet",
    log:
        "data/scratch/logs/dedup.log",
    threads: 8
    params:
        identity("dedup"),
        embeddings=f"--embeddings {EMBEDDINGS}" if config["dedup"]["embedding"] else "",
    shell:
        "native4k dedup {input.table} {output} --threads {threads} --foreign {input.foreign} --released {input.released}"
        " {params.embeddings} 2>&1 | tee {log}"


rule balance:
    """Cap the largest categories."""
    input:
        table=rules.dedup.output,
    output:
        "data/scratch/dataset/balance.parquet",
    log:
        "data/scratch/logs/balance.log",
    params:
        identity("balance"),
    shell:
        "native4k balance {input.table} {output} 2>&1 | tee {log}"


rule split:
    """Train, val, test and reserve."""
    input:
        RELEASED,
        table=rules.balance.output,
    output:
        "data/scratch/dataset/split.parquet",
    log:
        "data/scratch/logs/split.log",
    params:
        identity("split"),
    shell:
        "native4k split {input.table} data/released {output} 2>&1 | tee {log}"


rule leaks:
    """The nearest images across splits."""
    input:
        table=rules.split.output,
    output:
        "data/scratch/dataset/leaks.parquet",
    log:
        "data/scratch/logs/leaks.log",
    threads: 8
    params:
        identity("leaks"),
    shell:
        "native4k leaks {input.table} {output} --threads {threads} 2>&1 | tee {log}"


rule check:
    """Test the product: no row lost, no reason changed, no leak, exact sizes."""
    input:
        RELEASED,
        rules.vet.output,
        rules.select.output,
        rules.dedup.output,
        rules.balance.output,
        rules.split.output,
        rules.leaks.output,
    output:
        "data/scratch/dataset/checked.txt",
    log:
        "data/scratch/logs/check.log",
    params:
        identity("check"),
    shell:
        "pytest -q --noconftest -p no:cacheprovider tests/product 2>&1 | tee {log} && cp {log} {output}"
