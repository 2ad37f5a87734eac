"""What is measured: every loader, by name, as a command with a request."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from rows import ROOT, run_headrace, shard_files

PEERS = ROOT / "bench/peers/feed"
ENVS = ROOT / "build/envs"
BATCHES = (4096, 65536)
WINDOW = 262_144
SEED = 1
# What the package is imported with; the environments of PyTorch and TensorFlow have no pyarrow of their own.
PACKAGE = ROOT / "build/release/python/headrace"
BESIDE = ("headrace", "numpy", "numpy.libs", "pyarrow")


@dataclass
class Loader:
    """A peer: its script, the environment it runs in (None: that of this program), and how many rows a run may read."""

    script: str
    environment: str | None
    rows: int | None = None  # all
    beside: bool = False
    more: dict = field(default_factory=dict)
    format: str = "parquet"  # or what the rows are converted to for the loader


def converted(rows, folder, count, file_format):
    """A data set of the first rows in another format, made unless it is there; what a request says of it. Petastorm
    takes lists of one length by its own schema only, so its Parquet has the same pages, and that schema."""
    stamp, shards = folder.with_suffix(".rows"), max(2, -(-count // 250_000))
    if not stamp.is_file() or stamp.read_text() != str(count):
        stamp.unlink(missing_ok=True)
        name, *options = file_format.split()
        run_headrace("convert", rows.folder, folder, "--format", name, "--rows", count, "--shards", shards, *options)
        stamp.write_text(str(count))
    files = shard_files(folder)
    return {"read": list(map(str, files)), "folder": str(files[0].parent)}


# Slow loaders read the first rows only, as many as they need less than 40 seconds for; rows a second are compared.
LOADERS = {
    "headrace": Loader("headrace_loader.py", "training", beside=True, more={"memory": "512MiB"}),
    "pyarrow-scan": Loader("pyarrow_scan.py", None),
    "pyarrow-loader": Loader("pyarrow_loader.py", "training", beside=True),
    "torch-dataloader": Loader("torch_dataloader.py", "training", beside=True, more={"workers": 0}),
    "torch-dataloader-2-workers": Loader(
        "torch_dataloader.py", "training", rows=2_500_000, beside=True, more={"workers": 2}
    ),
    "petastorm": Loader("petastorm_loader.py", "torch", rows=1_500_000, format="parquet --petastorm"),
    "tfdata-pyarrow": Loader("tfdata_pyarrow.py", "tensorflow", rows=5_000_000, beside=True),
    "tfdata-example": Loader("tfdata_example.py", "tensorflow", rows=1_000_000, format="tfrecord"),
    "mosaicml-streaming": Loader("streaming_loader.py", "feed", rows=50_000, format="mds"),
    "grain": Loader("grain_loader.py", "feed", rows=500_000, more={"workers": 2}),
    "datasets": Loader("datasets_loader.py", "feed", rows=5_000_000),
    "ray-data": Loader("ray_loader.py", "feed", rows=1_000_000),
}


@dataclass
class Case:
    """A loader with a batch size: `command` is run with a request, and --order FILE in the untimed pass."""

    system: str
    batch: int
    request: Path
    rows: int
    files: list
    command: list
    env: dict

    @property
    def name(self):
        return f"{self.system} {self.batch}"


class NoEnvironmentError(Exception):
    """What a loader runs in is not installed."""


def interpreter(loader, site):
    """The Python of a loader and the variables that it needs."""
    if loader.environment is None:
        return sys.executable, {}
    folder = ENVS / loader.environment
    if not (folder / "lock.stamp").is_file():
        raise NoEnvironmentError(f"no environment {loader.environment}: tools/setup.py env {loader.environment}")
    env = {"TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "", "PYTHONWARNINGS": "ignore"}
    if (libraries := folder / "debian.libraries").is_file():
        env["LD_LIBRARY_PATH"] = libraries.read_text()
    if loader.beside:
        env["PYTHONPATH"] = str(site)
    return folder / "bin/python", env


def make_site(folder):
    """A folder with links to the package as it was built, and to what it is imported with, of this environment."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = next(Path(sys.prefix).glob("lib/python*/site-packages"))
    for name in BESIDE:
        link = folder / name
        link.unlink(missing_ok=True)
        target = PACKAGE if name == "headrace" else packages / name
        if target.exists():
            link.symlink_to(target)
    return folder


def request_of(name, loader, rows, out):
    """What the loader is asked, but for the batch size."""
    limit = min(loader.rows or rows.count, rows.count)
    shards = next(i for i in range(1, rows.shards + 1) if sum(rows.shard_rows[:i]) >= limit)
    count = sum(rows.shard_rows[:shards]) if loader.format == "parquet" else limit
    files = list(map(str, rows.files[:shards]))
    request = {
        "files": files,
        "read": files,
        "folder": str(rows.folder),
        "columns": rows.columns,
        "rows": count,
        "window": WINDOW,
        "seed": SEED,
        **loader.more,
    }
    if loader.format != "parquet":
        request |= converted(rows, out / name, count, loader.format)
    return request


def cases_of(rows, out, names=LOADERS):
    """The cases that can be run here; those that cannot are told and left out."""
    site = make_site(out / "site")
    for name in names:
        loader = LOADERS[name]
        try:
            python, env = interpreter(loader, site)
        except NoEnvironmentError as error:
            print(f"LEFT OUT {name}: {error}", flush=True)
            continue
        request = request_of(name, loader, rows, out)
        for batch in BATCHES:
            path = out / f"request-{name}-{batch}.json"
            path.write_text(json.dumps(request | {"batch_size": batch}))
            files = [Path(file) for file in request["read"]]
            yield Case(name, batch, path, request["rows"], files, [python, PEERS / loader.script, path], env)
