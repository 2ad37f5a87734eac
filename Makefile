# The face of the project for people and for CI: each target is one thing to do. What they need is installed by `setup`,
# which only looks when it is there already. Targets without a description are stages of the others.

PYTHON ?= python3
VENV := .venv/bin
STAGES := $(PYTHON) tools/stages.py
# The scale of the benchmark's tables.
SF ?= 0.01
# The encoded rows that `make bench-formats` compares formats on, and `make bench-feed` loaders.
ROWS ?= 100000
# More for the runner of `make bench`, such as BENCH="--systems headrace,duckdb --runs 5".
BENCH ?=
CTEST := ctest -j $(shell nproc)
SOURCES := git ls-files -co --exclude-standard '*.cc' '*.h'

.DEFAULT_GOAL := help

help: ## print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' Makefile

setup: ## install what is missing: system packages, .venv, the data of the example
	@$(PYTHON) tools/setup.py

build: ## build the command line program, build/headrace, and install the Python package into .venv
	@$(STAGES) setup build-cli install-python

demo: ## run the flights example from raw files to a training-ready data set
	@$(STAGES) setup build-cli run-demo

demo-compare: ## time the flights job against the same job in DuckDB; the last line is the ratio
	@$(STAGES) setup build-cli
	@$(VENV)/python examples/flights/compare.py

test: ## check and test everything that a change has to pass
	@$(STAGES) setup-tests lint-layout lint-python lint-format lint-clang-newest build-release build-asan \
	  lint-symbols test-release test-asan test-python docs-check

test-spark: ## what pipelines leave on a real Spark: local, two workers, Connect, and Spark 3.5
	@$(STAGES) setup-tests build-release test-on-spark

test-rapids: ## which operators of the plans of the ads and the flights job would not run on a GPU, and why
	@$(STAGES) setup-tests setup-rapids build-release write-bench-data explain-rapids

test-long: ## test, then what takes longer: all faults, import orders, sdist, ThreadSanitizer, fuzzing, micro-benchmarks
	@$(STAGES) test test-faults test-feed test-spark-long test-rapids test-imports test-sdist lint-clang-all build-tsan test-tsan fuzz bench-micro

lint: ## check layers, names, format and the clang-tidy list
	@$(STAGES) setup lint-layout lint-python lint-format lint-clang

format: setup ## format all C++ and Python files
	@$(SOURCES) | xargs -r $(VENV)/python tools/wrap_comments.py
	@$(SOURCES) | xargs -r $(VENV)/clang-format -i
	@$(VENV)/ruff check --quiet --fix-only && $(VENV)/ruff format --quiet

fuzz: setup ## feed every parser broken input, FUZZ_SECONDS=20 for each
	@$(MAKE) --silent build-asan
	@cd build/asan/fuzz && for program in $$(ls ./headrace_fuzz_* | grep -v canary); do \
	  ASAN_OPTIONS=max_allocation_size_mb=512 "$$program" --seconds $(or $(FUZZ_SECONDS),20) --seed $$(date +%s) || exit 1; \
	done

bench: ## run the ads benchmark at SF=0.01 in Headrace and its peers, in turn; PySpark needs Java 17
	@$(STAGES) setup setup-bench build-cli build-bench-data write-bench-data run-bench

bench-data: ## write the tables of the ads benchmark, SF=0.01 of 100 million rows, to build/bench/ads-SF
	@$(STAGES) setup build-bench-data write-bench-data

bench-formats: ## compare TFRecord, Parquet, MDS, Arrow IPC on the first ROWS=100000 rows of the ads job at SF=0.01
	@$(STAGES) setup-tests setup-bench-formats build-cli build-bench-data build-bench-formats write-bench-data \
	  run-bench-formats

bench-formats-memory: ## the same formats on random rows in memory: what writing and reading cost the processor
	@$(STAGES) setup-tests build-cli build-bench-formats run-bench-formats-memory

bench-feed: ## compare loaders of shuffled batches on the first ROWS=100000 rows of the ads job at SF=0.01
	@$(STAGES) setup-tests setup-bench-feed build-release write-bench-data run-bench-feed

bench-engines: ## compare engines by time and price on the ads job at SF=0.01: Spark, Comet, Headrace, DuckDB, Polars
	@$(STAGES) setup setup-bench setup-bench-engines build-release write-bench-data run-bench-engines

bench-python: ## time the flights job from Python against the command line
	@$(STAGES) build
	@$(VENV)/python bench/python_overhead.py

bench-micro: setup ## run the micro-benchmarks
	@$(MAKE) --silent build-bench
	@for program in build/bench/src/headrace/headrace_*_bench; do "$$program" || exit 1; done

docs: ## write the pages of docs/reference that the program prints
	@$(STAGES) setup build-cli
	@$(VENV)/python tools/docs_check.py --write

site: ## build the documentation site, build/site
	@$(PYTHON) tools/setup.py env docs
	@NO_MKDOCS_2_WARNING=1 build/envs/docs/bin/mkdocs build --quiet

docs-check: ## check the documents: links lead somewhere, printed pages are fresh
	@$(VENV)/python tools/docs_check.py

wheels: ## make the two wheels of the Python package in build/wheels
	@$(STAGES) setup build-release
	@$(PYTHON) tools/setup.py env wheels
	@$(VENV)/python tools/wheel.py build/wheels

lock: ## write the lock files again from their requirements.in
	@$(PYTHON) tools/setup.py lock

clean: ## remove what was built; downloads and environments stay
	@[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name envs ! -name downloads -exec rm -rf {} +

# --- stages -----------------------------------------------------------------------------------------------------------

setup-tests: setup
	@for lock in tests/envs/*/requirements.lock; do \
	  $(PYTHON) tools/setup.py env "$$(basename "$$(dirname "$$lock")")" || exit 1; done
	@$(PYTHON) tools/setup.py browser

setup-bench:
	@$(PYTHON) tools/setup.py env peers
	@$(PYTHON) tools/setup.py env pyspark

# PyTorch is Debian's: elsewhere the comparison goes on without it, and its records say so.
setup-bench-formats:
	@$(PYTHON) tools/setup.py env torch || echo "setup: readers that use PyTorch are measured without it"
	@$(PYTHON) tools/setup.py env tfx_bsl

# Without Java or the jar the comparison goes on without Comet, and says so.
setup-bench-engines:
	@$(PYTHON) tools/setup.py env pyspark35
	@$(PYTHON) tools/setup.py jar comet || echo "setup: Comet is left out"

setup-rapids:
	@$(PYTHON) tools/setup.py jar rapids

# PyTorch is Debian's: elsewhere the comparison goes on without the loaders that use it.
setup-bench-feed:
	@for name in torch feed; do $(PYTHON) tools/setup.py env $$name; done

lint-layout:
	@$(VENV)/python tools/tidy.py

lint-python:
	@$(VENV)/ruff check --quiet && $(VENV)/ruff format --quiet --check

lint-format:
	@$(SOURCES) | xargs -r $(VENV)/clang-format --dry-run --Werror

lint-clang: configure-release
	@$(VENV)/python tools/clang_tidy.py build/release

# All of them take a quarter of an hour: `make lint`, and test-long.
lint-clang-newest: configure-release
	@$(VENV)/python tools/clang_tidy.py build/release --newest 24

lint-clang-all: configure-release
	@$(VENV)/python tools/clang_tidy.py build/release --with-tests

lint-symbols:
	@$(VENV)/python tools/one_definition.py build/asan

configure-%:
	@mkdir -p build && cmake --preset $* >build/configure-$*.log || { cat build/configure-$*.log; exit 1; }

build-cli: configure-release
	@cmake --build --preset release --target headrace
	@ln -sfn release/headrace build/headrace

install-python: configure-release
	@$(VENV)/python -m pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation \
	  --force-reinstall -C build-dir=build/release .

build-bench-data: configure-release
	@cmake --build --preset release --target headrace_bench_data

build-bench-formats: configure-release
	@cmake --build --preset release --target headrace_bench_formats

build-release: configure-release
	@cmake --build --preset release
	@ln -sfn release/headrace build/headrace

build-asan build-tsan build-bench: build-%: configure-%
	@cmake --build --preset $*

run-demo:
	@build/headrace run examples/flights/pipeline.yaml

write-bench-data:
	@build/release/headrace_bench_data --scale $(SF) --out build/bench/ads-$(SF)

run-bench:
	@$(VENV)/python bench/run.py --sf $(SF) $(BENCH)

run-bench-formats:
	@$(VENV)/python bench/formats/compare.py --sf $(SF) --rows $(ROWS) $(BENCH)

run-bench-feed:
	@$(VENV)/python bench/feed/run.py --sf $(SF) --rows $(ROWS) $(BENCH)

run-bench-engines:
	@$(VENV)/python bench/engines/run.py --sf $(SF) $(BENCH)

run-bench-formats-memory:
	@$(VENV)/python bench/formats/run.py $(BENCH)

test-release test-asan test-tsan: test-%:
	@$(CTEST) --preset $*

test-python:
	@$(VENV)/python -m pytest

test-on-spark:
	@$(VENV)/python -m pytest -q tests/spark

explain-rapids:
	@PYTHONPATH=build/release/python SPARK_LOCAL_IP=127.0.0.1 build/envs/pyspark35/bin/python tests/spark/rapids_plans.py \
	  --data build/bench/ads-$(SF)

# All golden cases on every Spark, all functions at the corners of all types, 200 random plans.
test-spark-long:
	@HEADRACE_SPARK=all $(VENV)/python -m pytest -q tests/spark

# 1,000 kills at random, each system call killed and failed once, 200,000 damaged files of each format.
test-faults:
	@HEADRACE_DAMAGES=200000 build/release/src/headrace/headrace_io_test -tc='bits flipped in several places*'
	@HEADRACE_CRASHES=1000 $(VENV)/python -m pytest -q tests/integration/crash_test.py

# An hour of batches in flat memory, a minute in which nobody takes one.
test-feed:
	@HEADRACE_FEED_SOAK=3600 HEADRACE_FEED_SLEEP=60 $(VENV)/python -m pytest -q tests/python/feed_memory_test.py \
	  tests/python/feed_faults_test.py

# All orders of importing Headrace, pyarrow, TensorFlow and Debian's PyTorch.
test-imports:
	@$(PYTHON) tools/setup.py env torch
	@HEADRACE_IMPORT_ORDERS=all $(VENV)/python -m pytest -q tests/python/import_order_test.py

# A wheel from the source archive, by pip in an environment of its own, as somebody without this repository makes it.
test-sdist:
	@HEADRACE_SDIST=build $(VENV)/python -m pytest -q tests/python/sdist_test.py

.PHONY: $(shell sed -nE 's/^([a-z-]+( [a-z-]+)*):.*/\1/p' Makefile)
