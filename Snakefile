# The whole dataset without DVC: the three rule files in turn, as each one's graph begins with what the one before has
# made. `snakemake -s rules/dataset.smk --rulegraph | dot -Tsvg` draws one of them.
import argparse
import sys

shell.executable("bash")

passed = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
passed.add_argument("--profile", default="profiles/local")


localrules:
    dataset,


rule dataset:
    """Everything up to the tables; DVC publishes, trains and measures."""
    log:
        "data/scratch/logs/snakemake.log",
    params:
        profile=passed.parse_known_args(sys.argv[1:])[0].profile,
    shell:
        "for milestone in fetch measure dataset; do"
        " snakemake --profile {params.profile} -s rules/$milestone.smk || exit 1; done 2>&1 | tee {log}"
