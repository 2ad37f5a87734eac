"""Headrace's own feed, within the request's `memory`.

    python headrace_loader.py REQUEST.json --save STATE.json BATCHES    takes so many batches, then a state
    python headrace_loader.py REQUEST.json --resume STATE.json          the time to the next batch, in a new process

Both print the digest of the batch after the state.
"""

import hashlib
import json
import sys
import time
from pathlib import Path

import torch
from loader import KEY, as_array, memory, report, rows_of

import headrace as hr

VERSION = f"{hr.__version__}, torch {torch.__version__}"


def make(request):
    feed = hr.feed(
        request["folder"],
        batch_size=request["batch_size"],
        shuffle=request["seed"],
        window=request["window"],
        memory=request["memory"],
        threads=2,
    )
    return feed.torch()


def digest_of(batch):
    return hashlib.sha256(as_array(batch[KEY]).tobytes()).hexdigest()


def save(request, state, batches):
    loader = make(request)
    batches_of_loader = iter(loader)
    for _ in range(batches):
        next(batches_of_loader)
    Path(state).write_text(json.dumps(loader.state_dict()))
    print(json.dumps({"digest": digest_of(next(batches_of_loader))}))


def resume(request, state):
    baseline = memory("VmRSS")
    started = time.perf_counter()
    loader = make(request)
    loader.load_state_dict(json.loads(Path(state).read_text()))
    batch = next(iter(loader))
    seconds = time.perf_counter() - started
    result = {"seconds": seconds, "rows": rows_of(batch), "digest": digest_of(batch)}
    print(json.dumps(result | {"version": VERSION, "baseline_bytes": baseline}))


if __name__ == "__main__":
    torch.set_num_threads(1)
    match sys.argv[2:]:
        case ["--save", state, batches]:
            save(json.loads(Path(sys.argv[1]).read_text()), state, int(batches))
        case ["--resume", state]:
            resume(json.loads(Path(sys.argv[1]).read_text()), state)
        case _:
            report(make, VERSION, torch.Tensor)
