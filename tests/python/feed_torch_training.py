"""Trains a network on the flights that arrive late, and goes on from its checkpoint; run by feed_torch_test.py.

    feed_torch_training.py FLIGHTS FOLDER STEPS WORKERS [PAUSE]

FOLDER keeps checkpoints and losses.txt, a line a step: its number and the loss, bit for bit. PAUSE is how many seconds
a step waits, so that it can be killed in time. Behind the last step it prints what it is worth on other flights.
"""

import sys
import time
from pathlib import Path

import torch
from torchdata.stateful_dataloader import StatefulDataLoader

import headrace as hr

BATCH_SIZE = 2048
EPOCHS = 2
STEPS_PER_CHECKPOINT = 10
# Ids of columns, by how many there are.
IDS = {"airline": 14, "origin": 6, "dest": 102, "route": 10002, "tailnum": 1002, "manufacturer": 19, "plane_age": 10,
       "pressure": 12, "visib": 7}  # fmt: skip
VECTORS = {"sched_hour": 2, "utc_hour": 24, "weekday": 7, "month": 2, "carrier": 19}
NUMBERS = ["distance", "seats", "temp", "humid", "wind_speed", "precip", "dest_alt", "carrier_flights", "carrier_delay",
           "dest_flights", "dest_delay", "origin_daily_flights"]  # fmt: skip
COLUMNS = ["late", *IDS, *VECTORS, *NUMBERS]


class Network(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embeddings = torch.nn.ModuleDict({name: torch.nn.Embedding(count, 4) for name, count in IDS.items()})
        width = 4 * len(IDS) + sum(VECTORS.values()) + len(NUMBERS)
        self.layers = torch.nn.Sequential(torch.nn.Linear(width, 32), torch.nn.ReLU(), torch.nn.Linear(32, 1))

    def forward(self, batch):
        parts = [self.embeddings[name](batch[name]) for name in IDS]
        parts += [batch[name] for name in VECTORS]
        parts += [batch[name].unsqueeze(1) for name in NUMBERS]
        return self.layers(torch.cat(parts, 1)).squeeze(1)


def auc_of(scores, labels):
    """The probability that a late flight has a higher score than another one."""
    _, places, counts = torch.unique(scores, return_inverse=True, return_counts=True)
    ends = counts.cumsum(0).double()
    ranks = (ends - (counts - 1) / 2)[places]
    positives = labels.sum().double()
    return float((ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(labels) - positives)))


def evaluate(network, flights):
    scores, labels = [], []
    with torch.no_grad():
        for batch in hr.feed(flights, batch_size=8192, columns=COLUMNS, part="eval").torch():
            scores.append(network(batch).double())
            labels.append(batch["late"].clone())
    return auc_of(torch.cat(scores), torch.cat(labels))


def main():
    flights, folder, steps, workers = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    pause = float(sys.argv[5]) if len(sys.argv) > 5 else 0
    torch.set_num_threads(1)
    torch.manual_seed(1)
    network = Network()
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-3)
    source = hr.feed(
        flights, batch_size=BATCH_SIZE, columns=COLUMNS, part="train", shuffle=11, window="8MiB", epochs=EPOCHS
    ).torch()
    # The data set keeps a state of its own; where workers read, the loader gathers theirs.
    batches = source if workers == 0 else StatefulDataLoader(source, batch_size=None, num_workers=workers)
    step = 0
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        state = torch.load(checkpoint)
        network.load_state_dict(state["network"])
        optimizer.load_state_dict(state["optimizer"])
        batches.load_state_dict(state["batches"])
        step = state["step"]
    with (folder / "losses.txt").open("a") as losses:
        for batch in batches:
            loss = torch.nn.functional.binary_cross_entropy_with_logits(network(batch), batch["late"].float())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1
            losses.write(f"{step} {loss.item().hex()}\n")
            losses.flush()
            if step % STEPS_PER_CHECKPOINT == 0:
                torch.save(
                    {
                        "network": network.state_dict(),
                        "optimizer": optimizer.state_dict(),
                        "batches": batches.state_dict(),
                        "step": step,
                    },
                    folder / "checkpoint.new",
                )
                (folder / "checkpoint.new").replace(checkpoint)
            if step == steps:
                break
            time.sleep(pause)
    print(step, evaluate(network, flights))


if __name__ == "__main__":
    main()
