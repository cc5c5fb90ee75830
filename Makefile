# `make` or `make help` lists the verbs.
.DEFAULT_GOAL := help
.PHONY: help setup python demo demo-down test test-unit test-dags test-ui test-lab test-faults test-restore test-versions golden screenshots picture-of-night test-deploy base-image production-secrets production-images lint format lock lab-up lab-status lab-down clean

LAB ?= medium
LABS := medium allinone solo
ALL_LABS := $(LABS) solo2 solo3 spare
export LAB
PYTHON := .venv/bin/python
PYTEST := $(PYTHON) -m pytest
BESIDE := tools/beside

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  LAB=medium (default), allinone, solo or spare chooses the lab's platform; T='-k name' passes options to pytest."

setup: ## install all that the demo and the tests need
	@tools/setup

python:
	@tools/setup python

demo: setup ## run a whole night on the lab from Airflow, and keep the UI open
	@$(PYTHON) tools/demo.py

demo-down: ## stop the demo's Airflow
	@if [ -x $(PYTHON) ]; then $(PYTHON) tools/demo.py down; fi

test: setup lint ## lint and all tests, the lab's included; its platforms come up meanwhile
	@tools/test $(T)

test-unit: python ## tests of plain functions, seconds
	@$(BESIDE) tests/unit $(T)

test-dags: python ## tests of the graph with fake hosts
	@$(BESIDE) tests/dags $(T)

test-ui: setup ## the page in a real browser, from a real Airflow
	@$(PYTEST) tests/ui $(T)

screenshots: setup ## take the README's pictures anew, into docs/img
	@SCREENSHOTS=docs/img $(PYTEST) tests/ui/test_pictures.py $(T)

test-lab: setup ## real nights on the lab
	@tools/nights $(T)

test-faults: setup ## break nights on the lab, all rows of the fault matrix, and write docs/faults.md
	@rm -rf .airflow/faults; NIGHTS="solo solo3 medium solo2" tools/nights -m faults $(T); status=$$?; \
		PYTHONPATH=plugins $(PYTHON) -m tests.faults.page > docs/faults.md; exit $$status

golden: python ## write each version's order anew (tests/data/golden); read the difference
	@GOLDEN=write $(PYTEST) -q tests/dags/test_golden.py

test-restore: setup ## restores on the lab: onto the platform itself, and onto other host names
	@$(PYTEST) tests/lab/test_restore.py -m restores $(T)

test-versions: setup ## each Vitam on each MongoDB: night, drill, restore; writes docs/versions.md
	@rm -f .airflow/versions.json; $(PYTEST) tests/lab/test_versions.py -m versions $(T); status=$$?; \
		$(PYTHON) -m tests.lab.versions_seen > docs/versions.md; exit $$status

picture-of-night: setup ## take the README's picture of the demo's last night, into docs/img
	@$(PYTHON) tools/picture.py

test-deploy: setup ## bring the production's containers up for real, and run a night in each profile
	@$(PYTEST) tests/deploy -m '' $(T)

base-image: ## make the images' base (from a registry, else of Debian's packages)
	@tools/setup image

production-secrets: ## make the secrets that docker-compose.yaml needs and that are missing
	@tools/production secrets

production-images: ## build the images of docker-compose.yaml
	@tools/production images

lint: python ## style, types and import rules
	@.venv/bin/ruff check --quiet --output-format concise .
	@.venv/bin/ruff format --quiet --check . || { echo "HINT: make format"; exit 1; }
	@.venv/bin/mypy --no-error-summary
	@PYTHONPATH=plugins .venv/bin/lint-imports --no-logo

format: python ## let ruff format and repair
	@.venv/bin/ruff check --quiet --fix-only .
	@.venv/bin/ruff format --quiet .

lock: python ## write requirements*.txt anew (UPGRADE=--upgrade takes newer versions)
	@for part in requirements requirements-production requirements-dev; do .venv/bin/uv pip compile --quiet --universal --python-version 3.11 \
		--generate-hashes --custom-compile-command "make lock" $(UPGRADE) $$part.in --output-file $$part.txt; done

lab-up: setup ## bring the lab's platform up
	@lab/up && PYTHONPATH=plugins $(PYTHON) -m lab.platform_file $(LAB)

lab-status: ## show the lab's hosts, units and clusters
	@lab/status

lab-down: ## remove the lab's platform with its data
	@lab/down

clean: demo-down ## stop demo and lab, remove .venv, downloads and caches
	@if [ -x $(PYTHON) ]; then for lab in $(ALL_LABS); do LAB=$$lab lab/down; done; $(PYTHON) -m lab.postgres; fi
	@rm -rf --one-file-system .venv deploy/wheels .demo .airflow lab/run lab/.cache .pytest_cache .hypothesis .mypy_cache .ruff_cache .import_linter_cache .ci/*.log
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
