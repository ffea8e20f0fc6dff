# Everything a person or CI runs. Needs Python >= 3.11 and make; all else goes into this folder
# (.tools, .venv) and the user's cache.
PYTHON ?= python3
UV_VERSION := 0.13.9
UV := .tools/bin/uv
RUN := .venv/bin
SYNCED := .venv/.synced
WORKERS ?= 2
.DEFAULT_GOAL := help
# The machine's own certificates, as every other program here uses them.
export UV_SYSTEM_CERTS := 1

help: ## Show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

demo: $(SYNCED) ## The main job, start to finish, on a control plane it starts itself (KEEP=1 leaves it running)
	@$(RUN)/python -m devcluster.demo $(if $(KEEP),--keep)

test: $(SYNCED) ## All tests, on the real control plane
	@$(RUN)/python -m devcluster build
	@$(RUN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder

test-unit: $(SYNCED) ## The unit tests alone, in seconds (properties with a fifth of their examples)
	@$(RUN)/pytest -n $(WORKERS) --hypothesis-profile brief tests/unit

test-argocd: $(SYNCED) ## The tests beside a real Argo CD, which is built first (once, about 6 minutes)
	@$(RUN)/python -m devcluster build
	@$(RUN)/python -m devcluster build argocd
	@$(RUN)/pytest tests/argocd

lint: $(SYNCED) ## ruff, mypy, import-linter, generated files
	@$(RUN)/ruff check .
	@$(RUN)/ruff format --check .
	@$(RUN)/mypy
	@$(RUN)/lint-imports
	@$(RUN)/countersign crds | diff -u crds/countersign.dev.yaml - || { echo "crds/ is not what the models say: make crds"; exit 1; }

bench: $(SYNCED) ## Signature to end, beside a bare client and a plain Kopf operator
	@$(RUN)/python -m benchmarks.main

bench-search: $(SYNCED) ## How well and how fast the knowledge base is searched, in each store
	@$(RUN)/python -m benchmarks.search.main

cluster: $(SYNCED) ## A control plane to play with, operator running, until you leave its shell
	@$(RUN)/python -m devcluster run --operator -- $${SHELL:-sh}

crds: $(SYNCED) ## Write crds/ from the models
	@$(RUN)/countersign crds > crds/countersign.dev.yaml

argocd-cm: $(SYNCED) ## Write manifests/argocd/argocd-cm.yaml from the .lua files beside it
	@$(RUN)/python -m devcluster.argocd > manifests/argocd/argocd-cm.yaml

format: $(SYNCED) ## Format the code
	@$(RUN)/ruff check --fix .
	@$(RUN)/ruff format .

lock: $(UV) ## Resolve all dependencies again
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.11 --no-header \
	  --group dev --all-extras pyproject.toml -o requirements.lock $(ARGS)
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.11 --no-header \
	  -c requirements.lock pyproject.toml -o requirements-runtime.lock
	$(UV) pip compile -q --universal --generate-hashes --python-version 3.11 --no-header \
	  -c requirements.lock --all-extras pyproject.toml -o requirements-extras.lock

clean: ## Remove what make has put into this folder
	rm -rf .tools .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or newer is needed: make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up: a few tools and libraries, into this folder (once, about a minute)"
	@$(PYTHON) -m venv .tools
	@.tools/bin/pip install -q --disable-pip-version-check uv==$(UV_VERSION)

$(SYNCED): pyproject.toml requirements.lock | $(UV)
	@test -x $(RUN)/python || $(UV) venv -q --python $(PYTHON) .venv
	@$(UV) pip sync -q --require-hashes requirements.lock
	@$(UV) pip install -q --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: help demo test test-unit test-argocd lint bench bench-search cluster crds argocd-cm format lock clean
