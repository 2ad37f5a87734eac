"""Programs of this folder, one after the other in one Spark, which takes ten seconds to start.

in_one_session.py cases_on_spark "functions_on_spark date" "random_plans --plans 3"
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from cases_on_spark import open_spark


def main() -> int:
    session = open_spark()
    failed = 0
    for line in sys.argv[1:]:
        name, *words = line.split()
        failed += importlib.import_module(name).main(words, session)
    session.stop()
    print(f"{failed} of {len(sys.argv) - 1} programs failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
