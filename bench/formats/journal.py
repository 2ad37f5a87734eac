"""Results of measurements by name, in a file that grows by a line each, so that a run goes on where it was stopped."""

import hashlib
import json
import sys


class Journal:
    """`inputs` are the files that the results depend on: when one has changed, the results so far are forgotten."""

    def __init__(self, file, inputs):
        self.file = file
        hasher = hashlib.sha256()
        for path in sorted(inputs):
            hasher.update(path.read_bytes())
        key = {"inputs": hasher.hexdigest()}
        lines = file.read_text().splitlines() if file.is_file() else []
        # A line that was not finished when the run was stopped is left out.
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        self.results = {}
        if entries[:1] == [key]:
            self.results = {entry["name"]: entry["result"] for entry in entries[1:]}
        entries = [key, *({"name": name, "result": result} for name, result in self.results.items())]
        file.write_text("".join(json.dumps(entry) + "\n" for entry in entries))

    def has(self, name):
        return name in self.results

    def get(self, name):
        return self.results[name]

    def items(self):
        return self.results.items()

    def add(self, name, result):
        self.results[name] = result
        with self.file.open("a") as stream:
            stream.write(json.dumps({"name": name, "result": result}) + "\n")

    def exit_unless_proved(self, failed):
        """Ends the program when something failed, or a check found that results are not equal."""
        unequal = [name for name, result in self.items() if name.startswith("check ") and not result["equal"]]
        if unequal or failed:
            sys.exit(f"not proved equal, so their times do not count: {unequal}; failed: {failed}")
