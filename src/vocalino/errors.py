"""Everything that Vocalino raises on purpose.

    VocalinoError
    ├── RequestError            the request can't be met as it stands: text, options, files
    │   ├── AudioError          a sound that can't be used: container, length, rate, content
    │   └── NotFound            a voice or a take that the library does not have
    ├── EngineError             an engine let us down
    │   ├── EngineUnavailable   it can't play here: extra, device or weights missing
    │   ├── CheckpointError     its files are missing, damaged or of another layout
    │   └── GenerationFailed    it ran and gave nothing usable
    ├── CapacityError           too much at once; come back later
    ├── Cancelled               the caller asked to stop, or the deadline passed
    ├── LibraryError            the library on disk can't be read or written as asked
    └── ConfigError             a setting, from the environment, a file or a flag, makes no sense

A message says what happened, with the value, and what to do about it.
"""


class VocalinoError(Exception):
    """Base of every error that is meant for the person at the other end."""


class RequestError(VocalinoError):
    """What was asked for can't be done as asked."""


class AudioError(RequestError):
    """A sound that can't be used: container, length, rate, content."""


class NotFound(RequestError):
    """A voice or a take that the library does not have."""


class EngineError(VocalinoError):
    """An engine let us down."""


class EngineUnavailable(EngineError):
    """The engine can't play here: an extra, a device or weights are missing."""


class CheckpointError(EngineError):
    """Files of a checkpoint are missing, damaged or of another layout."""


class GenerationFailed(EngineError):
    """The engine ran and gave nothing usable."""


class CapacityError(VocalinoError):
    """Too much was asked for at once; come back later."""


class Cancelled(VocalinoError):
    """The caller asked to stop, or the deadline passed."""


class LibraryError(VocalinoError):
    """The library on disk can't be read or written as asked."""


class ConfigError(VocalinoError):
    """A setting, from the environment, a file or a flag, makes no sense."""
