# Every target makes the environment that it needs; nothing has to be installed by hand.
#   make demo                  five emotional samples in a designed voice -> out/demo/report.html
#   VOICE=clip.wav make demo   the same in the voice of a recording
#   make test                  lint, types and tests
#   make test-gpu              the tests that need a CUDA device
#   make bench                 the draft cast's speed, memory and start-up time
# .venv-base holds what a user installs; .venv adds torch and the developer's tools.

PYTHON ?= python3
VOICE ?=
OUT ?= out/demo
TORCH := $(shell sed -n 's/^torch==\([^ ;]*\).*/\1/p' constraints.txt)
PIP := -m pip --disable-pip-version-check install --quiet --no-compile --constraint constraints.txt

.PHONY: demo test test-gpu lint fix bench venv clean

demo: .venv-base/ready
	.venv-base/bin/vocalino samples --out "$(OUT)" --seed 1 --overwrite --no-library $(if $(VOICE),--ref "$(VOICE)",)

test: lint
	.venv/bin/pytest $(ARGS)

test-gpu: .venv/ready
	.venv/bin/pytest -m gpu $(ARGS)

lint: .venv/ready
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/pyright

fix: .venv/ready
	.venv/bin/ruff check --fix .
	.venv/bin/ruff format .

bench: .venv/ready
	.venv/bin/python bench/draft.py $(ARGS)

venv: .venv/ready

clean:
	rm -rf .venv .venv-base out

.venv-base/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vocalino needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv-base
	.venv-base/bin/python $(PIP) --editable .
	@touch $@

# torch goes first, by its exact version: a range would let pip choose a build with CUDA.
.venv/ready: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Vocalino needs Python 3.11 or newer; set PYTHON=")'
	$(PYTHON) -m venv .venv
	.venv/bin/python $(PIP) torch==$(TORCH)
	.venv/bin/python $(PIP) --editable '.[studio,dev]'
	@touch $@
