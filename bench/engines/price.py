"""What a run costs: hours x (DBU an hour x $ a DBU + $ an hour of machines), with the prices of prices.toml."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

PRICES = Path(__file__).resolve().parent / "prices.toml"
SECONDS_PER_HOUR = 3600


@dataclass(frozen=True)
class Place:
    """A machine or a cluster, and what an hour of it costs."""

    key: str
    name: str
    cores: int
    dbu_per_hour: float
    dollars_per_dbu: float
    machine_dollars_per_hour: float

    def dollars_per_hour(self):
        return self.dbu_per_hour * self.dollars_per_dbu + self.machine_dollars_per_hour

    def cost(self, seconds):
        return seconds / SECONDS_PER_HOUR * self.dollars_per_hour()


@dataclass(frozen=True)
class Model:
    """Seconds that nobody measured, from measured ones of `system`."""

    engine: str
    system: str
    place: Place
    efficiency: float
    speedup: float = 1.0
    speedup_of: str = ""

    def seconds(self, measured_seconds, measured_cores):
        return measured_seconds * measured_cores / self.place.cores / self.efficiency / self.speedup

    def assumption(self):
        text = f"{self.efficiency:.0%} of {self.place.cores} cores"
        return f"{text}, {self.speedup:g} × ({self.speedup_of})" if self.speedup != 1 else text


class Prices:
    """All of prices.toml."""

    def __init__(self, file=PRICES):
        told = tomllib.loads(file.read_text())
        self.places = {key: Place(key, **values) for key, values in told["places"].items()}
        self.models = [Model(**values | {"place": self.places[values["place"]]}) for values in told["models"]]
        self.published = told["published"]
        self.machine = self.places["machine"]
