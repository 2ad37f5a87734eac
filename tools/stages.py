"""Run make targets one after another, cheap before dear, and say where the time went.

    tools/stages.py TARGET...

Stops at the first target that fails, names it, and exits with 1. The table of seconds is printed either way.
"""

import subprocess
import sys
import time


def main(targets: list[str]) -> int:
    seconds: dict[str, float] = {}
    failed = ""
    for target in targets:
        print(f"--- {target}", flush=True)
        started = time.monotonic()
        done = subprocess.run(["make", "--silent", "--no-print-directory", target], check=False)
        seconds[target] = time.monotonic() - started
        if done.returncode != 0:
            failed = target
            break
    print("\nstage                  seconds")
    for target, taken in seconds.items():
        print(f"{target:<20} {taken:9.1f}{'   failed' if target == failed else ''}")
    print(f"{'total':<20} {sum(seconds.values()):9.1f}")
    if failed:
        skipped = " ".join(targets[len(seconds) :])
        print(f"\nFAILED at {failed}: `make {failed}` runs this stage alone. Not run: {skipped or 'none'}.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
