"""What is known of the cases of a benchmark, in a file, so that a later call goes on."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any


class Record:
    """Outcomes of cases by name, and the time that is left for more of them.

    Args:
      path: the file, with one line of JSON for each case; it need not exist.
      seconds: how long cases may be begun from now on.
    """

    def __init__(self, path: Path, seconds: float) -> None:
        self.path = path
        self.end = time.monotonic() + seconds
        self.lock = threading.Lock()
        lines = path.read_text().splitlines() if path.exists() else []
        self.outcomes: dict[str, Any] = dict(json.loads(line) for line in lines)

    def run(self, cases: Iterable[str], run: Callable[[str], Any], workers: int) -> dict[str, Any]:
        """Run the cases that have no outcome, as long as there is time.

        Returns:
          The outcomes of the cases that have one.
        """
        cases = list(cases)

        def outcome_of(case: str) -> None:
            if case not in self.outcomes and time.monotonic() < self.end:
                self._add(case, run(case))

        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(outcome_of, cases))
        return {case: self.outcomes[case] for case in cases if case in self.outcomes}

    def _add(self, case: str, outcome: Any) -> None:
        with self.lock:
            self.outcomes[case] = outcome
            with self.path.open("a") as file:
                file.write(json.dumps([case, outcome]) + "\n")
