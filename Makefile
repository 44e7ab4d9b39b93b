# What a contributor types. Every target but help and clean first makes .venv and installs into it, where that is not
# done yet or pyproject.toml or constraints.txt is newer than what is installed.

PYTHON ?= python3
ARGS ?=
DIST ?= dist

VENV := .venv
PY := $(VENV)/bin/python
# -qq: its errors, not its warnings
PIP := $(PY) -m pip install -qq -c constraints.txt
STAMP := $(VENV)/.installed
NOTEBOOKS := $(wildcard notebooks/*.ipynb)
ROOT ?=
OUTPUT ?=
EXPERIMENT ?= claims_cpu
CLAIMS ?= edge_mask learning_rate constant_rate deep_supervision precision input_size network

.DEFAULT_GOAL := help
.PHONY: help install train prepare test test-all lint format people wheel real real-gpu claims benchmark benchmark-data benchmark-metrics benchmark-predict gpu-bench clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' Makefile
	@echo
	@echo '  ARGS="..." goes to the program: make train ARGS="model=u2net trainer=smoke", make test ARGS="-k loss"'
	@echo '  PYTHON=python3.12 makes .venv with another Python than python3 (3.11 or newer)'

install: $(STAMP) ## make .venv and install into it

train: $(STAMP) ## train a network; ARGS are overrides of the recipe
	@$(PY) -m portrait_matting.train $(ARGS)

test: $(STAMP) ## run the fast tests
	@$(PY) -m pytest -m "not slow" -n logical --maxprocesses 4 --dist loadfile $(ARGS)

test-all: $(STAMP) ## run every test
	@$(PY) -m pytest $(ARGS)

lint: $(STAMP) ## check style, format, that imports run one way and that notebooks hold no output
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .
	@$(VENV)/bin/lint-imports --no-cache
	@$(if $(NOTEBOOKS),$(PY) -m nbstripout --verify $(NOTEBOOKS))

format: $(STAMP) ## mend what lint finds, where a program can
	@$(PY) -m ruff check --fix-only .
	@$(PY) -m ruff format .
	@$(if $(NOTEBOOKS),$(PY) -m nbstripout $(NOTEBOOKS))

people: $(STAMP) ## install what people in three dimensions need, for data=people and draw --style people
	@echo "installing anny and warp-lang: 400 MB"
	@$(PIP) -e ".[people]"
	@$(PY) -c 'import portrait_matting.data.people_extra as extra; from portrait_matting.cli import command; \
	  command.run(lambda: print("bodies:", extra.load_people().prepare()))'

wheel: $(STAMP) ## build the wheel into dist/
	@$(PY) -m build --wheel --no-isolation --outdir "$(DIST)"

real: $(STAMP) ## train on real portraits on a CPU: ROOT=DIR, in EasyPortrait's layout
	@$(PY) -m portrait_matting.train experiment=real_portraits_cpu "data.root='$(ROOT)'" $(ARGS)

real-gpu: $(STAMP) ## the same, full network at 320 px, on an 8 GB card
	@$(PY) -m portrait_matting.train experiment=real_portraits_gpu "data.root='$(ROOT)'" $(ARGS)

claims: $(STAMP) ## the sweeps of EXPERIMENTS: ROOT=DIR; on an 8 GB card EXPERIMENT=real_portraits_gpu
	@for sweep in $(CLAIMS); do $(PY) -m portrait_matting.train -m sweep=$$sweep experiment=$(EXPERIMENT) \
	  "data.root='$(ROOT)'" hydra.sweep.dir=runs/claims/$$sweep $(ARGS) || exit; done
	@for sweep in $(CLAIMS); do $(PY) -m portrait_matting.compare runs/claims/$$sweep || exit; done

benchmark: $(STAMP) ## time a training step; ARGS="--reference DIR" against the reference project
	@$(PY) benchmarks/training_step.py $(ARGS)

benchmark-data: $(STAMP) ## time reading and preparing photos
	@$(PIP) -e ".[benchmark]"
	@$(PY) benchmarks/loading.py $(ARGS)
	@$(PY) benchmarks/preparing.py $(ARGS)

benchmark-metrics: $(STAMP) ## time the metrics
	@$(PIP) -e ".[benchmark]"
	@$(PY) benchmarks/metrics.py $(ARGS)

benchmark-predict: $(STAMP) ## time cut-outs against rembg
	@$(PIP) -e ".[benchmark]"
	@$(PY) benchmarks/predict.py $(ARGS)

gpu-bench: $(STAMP) ## measure memory and speed on a CUDA card; ARGS=--dry-run tries every part on a CPU
	@$(PY) benchmarks/gpu.py $(if $(findstring dry-run,$(ARGS)),,--write) $(ARGS)

prepare: $(STAMP) ## write a smaller copy of EasyPortrait: ROOT=DIR OUTPUT=DIR
	@[ -n "$(ROOT)" ] && [ -n "$(OUTPUT)" ] || { echo "error: give ROOT=DIR, with the originals or the zips, and OUTPUT=DIR" >&2; exit 2; }
	@$(PY) -m portrait_matting.prepare "$(ROOT)" "$(OUTPUT)" $(ARGS)

clean: ## remove builds and caches; .venv and runs/ stay
	rm -rf dist build .pytest_cache .ruff_cache
	find portrait_matting tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# PySODMetrics is what the tests hold our saliency figures against. It runs with today's numpy, but asks for an older
# one: hence --no-deps. The stamp is written last, so that an install that failed is taken up again by the next make. pip writes a package's
# RECORD last: a package without one was cut short, pip would take it for whole, so .venv is made anew.
$(STAMP): pyproject.toml constraints.txt
	@{ $(runs) && $(whole); } || { $(checked) && echo "making $(VENV) with $$($(PYTHON) -V)" && \
	  $(PYTHON) -m venv --clear $(VENV); }
	@echo "installing $$(grep '^torch==' constraints.txt): the first time it is a large download"
	@$(PIP) torch
	@echo "installing portrait_matting and what it needs"
	@$(PIP) -e ".[dev]"
	@$(PIP) --no-deps pysodmetrics
	@$(PY) -c 'from portrait_matting.cli import command; command.run(lambda: __import__("cv2"))'
	@touch $@

runs = [ "$$($(PY) -c 'import sys, pip; print(sys.version_info >= (3, 11))' 2>/dev/null)" = True ]
whole = ! for info in $(VENV)/lib/python3*/site-packages/*.dist-info; do [ -f "$$info/RECORD" ] || echo "$$info"; done | grep -q .

define checked
{ [ "$$($(PYTHON) -c 'import sys; print(sys.version_info >= (3, 11))' 2>&1)" = True ] || { \
  echo "error: $(PYTHON) is not Python 3.11 or newer ($$($(PYTHON) -V 2>&1 | head -n 1)): install one, or name one: make PYTHON=python3.12" >&2; exit 1; }; } && \
{ $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
  echo "error: $(PYTHON) cannot make virtual environments: on Debian or Ubuntu, apt-get install -y python3-venv" >&2; exit 1; }; }
endef
