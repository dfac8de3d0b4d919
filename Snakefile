# The whole dataset without DVC: on a cluster, or drawn as one graph (snakemake --rulegraph dataset | dot -Tsvg).
include: "rules/fetch.smk"
include: "rules/measure.smk"
include: "rules/dataset.smk"


rule dataset:
    """Everything up to the tables; DVC publishes, trains and measures."""
    default_target: True
    input:
        "data/tables",
