# native4k: `make` sets up and runs everything on the built-in demo; `make test` sets up and tests.
.DEFAULT_GOAL := all
.PHONY: all study study-photographs images retry test test-faults lint format bench real real-quick lock s3 clean help setup
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export PYTHONWARNINGS := ignore::SyntaxWarning
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --all-extras --no-header --no-annotate pyproject.toml

all: setup ## set up, make what is missing or stale on the demo, print the results (the default)
	@native4k run

study: setup ## run the full study: every scale and arm, and how it grows with the images (at most 20 minutes)
	@native4k run study/dvc.yaml

PHOTOGRAPHS := data/scratch/photographs

study-photographs: setup ## run the study on photographs of packages (Debian): three arms, three seeds (at most 30 minutes)
	@PYTHONPATH=bench python -m parts.photograph_splits
	@native4k study photographs $(PHOTOGRAPHS)/train $(PHOTOGRAPHS)/val $(PHOTOGRAPHS)/test \
	  metrics/details/study_photographs.json --figures metrics/study_photographs.json --overlays params/study_photographs.yaml \
	  --images $(PHOTOGRAPHS)/images.parquet --scratch $(PHOTOGRAPHS)/runs

images: setup ## fetch the images (the demo: draw them) if they are missing or stale
	@native4k run images

retry: setup ## fetch again what may still succeed; RETRY=final: all that is not in the store
	@native4k run images --retry $(or $(RETRY),later)

test: setup ## set up and run the tests, in two processes of one thread each
	@OMP_NUM_THREADS=1 pytest -n 2 --dist loadfile --no-loadscope-reorder # tests/conftest.py: the longest first

test-faults: setup ## fail every step of the tiny pipeline in turn, with every change that reaches it (at most 60 minutes)
	@FAULTS=all OMP_NUM_THREADS=1 pytest -n 2 --dist loadgroup tests/chaos/test_faults.py

lint: setup ## check style, types and workflows
	@ruff check . && ruff format --check . && mypy && snakefmt --check --compact-diff Snakefile rules
	@for file in Snakefile rules/fetch.smk rules/measure.smk rules/dataset.smk; do \
	  found="$$( (snakemake --lint -s $$file 2>&1 || true) | grep -E '^ +\* ' | grep -v 'Specify a conda environment' || true)"; \
	  if [ -n "$$found" ]; then echo "$$file:"; echo "$$found"; exit 1; fi; done # requirements.lock is the environment

format: setup ## rewrite the code in the project's style
	@ruff check --fix-only . && ruff format . && snakefmt Snakefile rules

bench: setup ## run every benchmark and write bench/RESULTS.md
	@python bench/run.py

real: setup ## fetch real pictures by package (Debian) and measure nativeness on them
	@python bench/parts/real.py && python bench/nativeness.py

real-quick: setup ## judge the few real pictures at hand; fails where natives and fakes are clearly mistaken (a minute)
	@PYTHONPATH=bench python -m parts.certain

lock: setup ## compile requirements.lock anew from pyproject.toml
	@$(LOCK) --output-file requirements.lock --upgrade

s3: setup ## serve S3 on loopback and point the DVC remote local-s3 at it, until ^C
	@python tests/s3.py

clean: ## remove what can be made again: intermediates, logs, caches of tools (not the local S3)
	@if [ -d data/scratch ]; then find data/scratch -mindepth 1 -maxdepth 1 ! -name s3 -exec rm -rf {} +; fi
	rm -rf .snakemake .pytest_cache .mypy_cache .ruff_cache .hypothesis

help: ## this list
	@grep -hE '^[a-z0-9-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: .venv/ready

.venv/ready: requirements.lock pyproject.toml
	@python="$$(for name in python3.11 python3.12 python3 python; do \
	  $$name -c 'import sys, venv, ensurepip; sys.exit(sys.version_info[:2] not in ((3, 11), (3, 12)))' 2>/dev/null \
	  && echo $$name && break; done || true)"; \
	if [ -z "$$python" ]; then \
	  echo "native4k needs Python 3.11 or 3.12 with venv on the PATH: basicsr does not build on 3.13" >&2; exit 1; fi; \
	echo "setting up .venv with $$($$python --version): minutes the first time; log: .venv/setup.log"; \
	$$python -m venv --clear .venv; \
	sed -n '/^uv==/,/[^\\]$$/p' requirements.lock > .venv/uv.lock; \
	{ python -m pip install --quiet --disable-pip-version-check --require-hashes -r .venv/uv.lock \
	  && uv pip sync --python .venv/bin/python --require-hashes --compile-bytecode requirements.lock \
	  && uv pip install --python .venv/bin/python --no-deps --no-build-isolation --editable .; } > .venv/setup.log 2>&1 \
	  || { tail -n 20 .venv/setup.log >&2; exit 1; }; \
	touch .venv/ready
