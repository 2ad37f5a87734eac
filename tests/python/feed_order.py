"""The order of a feed once more, from its description in epoch_order.h and epoch_steps.h, to compare with.

Lists instead of arrays and no code of ours: so the order that seeds stand for cannot change unnoticed.
"""

import functools
import struct

import xxhash

MASK = (1 << 64) - 1
GOLDEN = 0x9E3779B97F4A7C15


def hash_of(number: int) -> int:
    return xxhash.xxh3_64_intdigest(struct.pack("<Q", number & MASK))


def combined(seed: int, number: int) -> int:
    return xxhash.xxh3_64_intdigest(struct.pack("<QQ", seed & MASK, number & MASK))


def permutation(size: int, seed: int) -> list[int]:
    """A Feistel network of six rounds over the next power of four, walked until it hits the range."""
    half_bits = ((size | 3).bit_length() + 1) // 2
    mask = (1 << half_bits) - 1
    keys = [hash_of(seed + number * GOLDEN) for number in range(6)]
    places = []
    for at in range(size):
        while True:
            left, right = at >> half_bits, at & mask
            for key in keys:
                left, right = right, left ^ (hash_of(right ^ key) & mask)
            at = left << half_bits | right
            if at < size:
                break
        places.append(at)
    return places


class SplitMix64:
    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, end: int) -> int:
        self.state = (self.state + GOLDEN) & MASK
        mixed = self.state
        mixed = (mixed ^ mixed >> 30) * 0xBF58476D1CE4E5B9 & MASK
        mixed = (mixed ^ mixed >> 27) * 0x94D049BB133111EB & MASK
        mixed ^= mixed >> 31
        return (mixed >> 32) * end >> 32


def epoch_order(block_rows: list[int], seed: int | None, window_rows: int, epoch: int) -> list[int]:
    """The rows of an epoch, numbered as they are stored."""
    return list(_epoch_order(tuple(block_rows), seed, window_rows, epoch))


@functools.cache
def _epoch_order(block_rows: tuple[int, ...], seed: int | None, window_rows: int, epoch: int) -> list[int]:
    starts = [sum(block_rows[:block]) for block in range(len(block_rows))]
    if seed is None:
        return list(range(sum(block_rows)))
    epoch_seed = combined(seed, epoch)
    blocks = permutation(len(block_rows), combined(epoch_seed, -1))
    sequence = [starts[block] + row for block in blocks for row in range(block_rows[block])]
    order = []
    for window, first in enumerate(range(0, len(sequence), window_rows)):
        rows = sequence[first : first + window_rows]
        random = SplitMix64(combined(epoch_seed, window))
        for left in range(len(rows), 1, -1):
            other = random.below(left)
            rows[left - 1], rows[other] = rows[other], rows[left - 1]
        order += rows
    return order


def batches_of_epoch(
    order: list[int], first: int, batch_size: int, world_size: int, remainder: str
) -> list[list[list[int | None]]]:
    """By step and rank, the rows of an epoch from place `first` on; None is padding."""
    step_rows = batch_size * world_size
    steps = []
    for start in range(first, len(order), step_rows):
        rows: list[int | None] = list(order[start : start + step_rows])
        left = len(rows)
        bounds = [rank * batch_size for rank in range(world_size + 1)]
        if left < step_rows:
            if remainder == "drop":
                break
            if remainder == "pad":
                rows += [None] * (step_rows - left)
            if remainder == "wrap":
                while len(rows) < step_rows:
                    rows += order[: step_rows - len(rows)]
            if remainder == "short":
                bounds = [left * rank // world_size for rank in range(world_size + 1)]
        steps.append([rows[bounds[rank] : bounds[rank + 1]] for rank in range(world_size)])
    return steps
