"""What the package says through `logging`, as ``headrace``: silent unless the program asks for it."""

from __future__ import annotations

import logging
from typing import Any

logger = logging.getLogger("headrace")
logger.addHandler(logging.NullHandler())


def log_run(report: dict[str, Any]) -> None:
    """A line for each thing that a run did; a warning where rows are missing or promises are weaker."""
    name = report["pipeline"]["name"]
    for source in report["sources"]:
        bad = {"quarantined": "rows_quarantined", "dropped": "rows_dropped", "values made null": "values_nulled"}
        text = ", ".join(f"{source[key]} {what}" for what, key in bad.items() if source[key])
        if text:
            logger.warning(
                "pipeline '%s': source '%s': %d rows read, %s", name, source["name"], source["rows_read"], text
            )
    for output in report["outputs"]:
        shards = [shard for part in output["parts"] for shard in part["shards"]]
        rows = sum(shard["rows"] for shard in shards)
        wrote = f"wrote {output['path']} ({output['format']})"
        logger.info("pipeline '%s': %s: %d rows in %d shards", name, wrote, rows, len(shards))
        if output["second_writer"] != "excluded":
            logger.warning("pipeline '%s': %s has no locks: of two runs the last one wins", name, output["path"])
    logger.info("pipeline '%s': run %s ended in %.2f s", name, report["run_id"], report["seconds"])
