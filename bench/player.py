"""A process that answers questions, one JSON object a line (see peers/lines.py)."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

SHOWN_CHARACTERS = 2000


class Player:
    """An engine in an environment of its own.

    Raises:
        SystemExit: whatever goes wrong in there, with its own words.
    """

    def __init__(self, name: str, python: Path, script: Path) -> None:
        self.name = name
        self._log = tempfile.TemporaryFile("w+")
        self._process = subprocess.Popen(
            [python, script],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )

    def ask(self, ask: str, **what: object) -> dict[str, Any]:
        """One question, and its answer."""
        process = self._process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps({"ask": ask, **what}) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            self._log.seek(0)
            raise SystemExit(f"{self.name} died:\n{self._log.read()[-SHOWN_CHARACTERS:]}")
        answer = json.loads(line)
        if "error" in answer:
            raise SystemExit(f"{self.name}: {answer['error']}")
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._log.close()
