# DATASET: data/features and votes -> vet -> select -> dedup -> balance -> split -> leaks -> check -> data/tables.
configfile: "params.yaml"


include: "frozen.smk"


COPIES = ("dedup", "signs", "near", "within", "bands", "kernels", "cosine", "firewall", "known")
FEATURES = frozen("data/features/images.parquet", made_by="features")
LISTS = sorted(map(str, Path("data/released").glob("*.csv")))


rule tables:
    """The final tables, once the product tests have passed."""
    input:
        "data/scratch/dataset/checked.txt",
        leaks="data/scratch/dataset/leaks.parquet",
        table="data/scratch/dataset/split.parquet",
    output:
        directory("data/tables"),
    log:
        "data/scratch/logs/tables.log",
    shell:
        "mkdir -p {output} && cp {input.table} {output}/images.parquet && cp {input.leaks} {output}"
        " && cp data/features/{{collected,not_collected,fetched}}.parquet {output} 2> {log}"


rule vet:
    """Merge people's votes."""
    input:
        "src/native4k/dataset/vet.py",
        "src/native4k/tables.py",
        features="data/features",
        votes="data/votes",
        cast=sorted(map(str, Path("data/votes").glob("*.csv"))),
    output:
        "data/scratch/dataset/vet.parquet",
    log:
        "data/scratch/logs/vet.log",
    params:
        config["vet"],
        FEATURES,
    shell:
        "native4k vet {input.features}/images.parquet {input.votes} {output} 2>&1 | tee {log}"


rule select:
    """Take down what was asked, apply the rules of the preset."""
    input:
        "src/native4k/dataset/select.py",
        "src/native4k/dataset/rules.py",
        "src/native4k/dataset/takedown.py",
        "src/native4k/tables.py",
        table=rules.vet.output,
        asked=sorted(map(str, Path("data/takedown").glob("*.txt"))),
    output:
        "data/scratch/dataset/select.parquet",
    log:
        "data/scratch/logs/select.log",
    params:
        config["select"],
    shell:
        "native4k select {input.table} {output} --takedown {input.asked} 2>&1 | tee {log}"


rule dedup:
    """Group copies among the survivors."""
    input:
        expand("src/native4k/dataset/{part}.py", part=COPIES),
        "src/native4k/dataset/released.py",
        "src/native4k/tables.py",
        LISTS,
        table=rules.select.output,
        released="data/released",
        foreign="data/foreign",
        lists=sorted(map(str, Path("data/foreign").glob("*.parquet"))),
        embeddings="data/features/embeddings.parquet" if config["dedup"]["embedding"] else [],
    output:
        "data/scratch/dataset/dedup.parquet",
    log:
        "data/scratch/logs/dedup.log",
    threads: 8
    params:
        config["dedup"],
        embeddings="--embeddings data/features/embeddings.parquet" if config["dedup"]["embedding"] else "",
    shell:
        "native4k dedup {input.table} {output} --threads {threads} --foreign {input.foreign} --released {input.released}"
        " {params.embeddings} 2>&1 | tee {log}"


rule balance:
    """Cap the largest categories."""
    input:
        "src/native4k/dataset/balance.py",
        "src/native4k/dataset/rules.py",
        "src/native4k/measure/words.py",
        "src/native4k/tables.py",
        table=rules.dedup.output,
    output:
        "data/scratch/dataset/balance.parquet",
    log:
        "data/scratch/logs/balance.log",
    params:
        config["balance"],
    shell:
        "native4k balance {input.table} {output} 2>&1 | tee {log}"


rule split:
    """Train, val, test and reserve."""
    input:
        "src/native4k/dataset/released.py",
        "src/native4k/dataset/split.py",
        "src/native4k/dataset/together.py",
        "src/native4k/metadata/urls.py",
        "src/native4k/tables.py",
        LISTS,
        table=rules.balance.output,
    output:
        "data/scratch/dataset/split.parquet",
    log:
        "data/scratch/logs/split.log",
    params:
        config["split"],
    shell:
        "native4k split {input.table} data/released {output} 2>&1 | tee {log}"


rule leaks:
    """The nearest images across splits."""
    input:
        "src/native4k/dataset/dedup.py",
        "src/native4k/dataset/kernels.py",
        "src/native4k/dataset/leaks.py",
        "src/native4k/dataset/nearest.py",
        "src/native4k/dataset/signs.py",
        "src/native4k/tables.py",
        table=rules.split.output,
    output:
        "data/scratch/dataset/leaks.parquet",
    log:
        "data/scratch/logs/leaks.log",
    threads: 8
    params:
        config["dedup"],
    shell:
        "native4k leaks {input.table} {output} --threads {threads} 2>&1 | tee {log}"


rule check:
    """Test the product: no row lost, no reason changed, no leak, exact sizes."""
    input:
        "tests/product/test_tables.py",
        rules.vet.output,
        rules.select.output,
        rules.dedup.output,
        rules.balance.output,
        rules.split.output,
        rules.leaks.output,
        LISTS,
    output:
        "data/scratch/dataset/checked.txt",
    log:
        "data/scratch/logs/check.log",
    shell:
        "pytest -q -p no:cacheprovider tests/product 2>&1 | tee {log} && cp {log} {output}"
