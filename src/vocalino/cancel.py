"""A flag that is looked at between the small steps of long work."""

from __future__ import annotations

import threading
import time

from vocalino.errors import Cancelled


class CancelToken:
    """Set from any thread, looked at by the one that works.

    Engines call `check()` at least once per codec frame, ODE step or row.
    """

    def __init__(self, timeout_s: float | None = None) -> None:
        self._event = threading.Event()
        self._reason = "cancelled"
        self._timeout_s = timeout_s
        self._deadline = None if timeout_s is None else time.monotonic() + timeout_s

    def cancel(self, reason: str = "cancelled") -> None:
        """Ask the work to stop; the first reason is kept."""
        if not self._event.is_set():
            self._reason = reason
            self._event.set()

    @property
    def cancelled(self) -> bool:
        if self._deadline is not None and time.monotonic() >= self._deadline:
            self.cancel(f"the time limit of {self._timeout_s:g} s has passed")
        return self._event.is_set()

    @property
    def reason(self) -> str:
        return self._reason

    def check(self) -> None:
        """Raises Cancelled once the token is set or its deadline has passed."""
        if self.cancelled:
            raise Cancelled(self._reason)
