"""espeak-ng, spoken to through its C library and nothing else: text in, sound and phonemes out.

espeak-ng is GPL-3.0 and stays a separate library, fetched by the installer (`espeakng-loader`)
or given by the system; only its published C interface (`speak_lib.h`) is used, and only here.

The library keeps state between calls (flutter, wave phase), even over its own termination, so the
same call gives other samples the second time. It is therefore loaded afresh for every call, which
takes some 5 ms, starts from the same state each time, and leaves no state behind to guard but
one lock, since it is not thread-safe either.
"""

from __future__ import annotations

import ctypes
import functools
import os
import shutil
import tempfile
import threading
import weakref
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from vocalino.engines.draft.espeak_events import Callback, Heard, Speech
from vocalino.errors import EngineUnavailable, GenerationFailed, RequestError
from vocalino.settings import Settings

SLOWEST_WPM, FASTEST_WPM = 80, 340
LONGEST_DATA_PATH_BYTES = 150  # espeak-ng copies paths into buffers of 160
INSTALL = "install the wheel with: pip install espeakng-loader"

_SYNCHRONOUS = 2
_PHONEME_EVENTS = 0x0001
_DONT_EXIT = 0x8000
_BY_CHARACTER = 1
_UTF8 = 1  # neither the SSML (0x10) nor the phoneme flag (0x100): text is only text
_RATE = 1

_lock = threading.Lock()


def _renew_lock() -> None:
    """A fork may have copied the lock while another thread held it."""
    global _lock
    _lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock)


class Espeak:
    """One espeak-ng library and its data. Safe to call from any thread; calls take turns."""

    def __init__(self, library_path: Path | None = None, data_path: Path | None = None) -> None:
        """The wheel's library and data, unless paths are given (the system's, say).

        Raises:
            EngineUnavailable: there is no library or no data where they should be.
        """
        if library_path is None:
            library_path, wheel_data_path = _from_wheel()
            data_path = data_path or wheel_data_path
        self._library_path = library_path
        self._data_path = data_path
        self._own_folder: Path | None = None
        if data_path is not None and not (data_path / "phontab").is_file():
            raise EngineUnavailable(f"no espeak-ng data (phontab) in {data_path}: {INSTALL}")
        with self._open():
            pass

    @cached_property
    def version(self) -> str:
        with self._open() as library:
            library.espeak_Info.restype = ctypes.c_char_p
            library.espeak_Info.argtypes = [ctypes.c_void_p]
            return library.espeak_Info(None).decode("ascii", "replace").split()[0]

    def speak(self, text: str, voice: str, rate_wpm: int) -> Speech:
        """Speak `text` as it stands: markup of any kind is read out, never followed.

        The same arguments give the same samples, in any process and after any other call.
        `rate_wpm` is in words a minute, 80 to 340.

        Raises:
            RequestError: the text holds a control character, which espeak-ng would obey.
            GenerationFailed: the voice is not in the data, or espeak-ng refused the text.
        """
        assert SLOWEST_WPM <= rate_wpm <= FASTEST_WPM
        bad = next((c for c in text if ord(c) < 32 or ord(c) == 127), None)
        if bad is not None:
            raise RequestError(f"the text holds the control character U+{ord(bad):04X}: remove it")
        heard = Heard()
        callback = Callback(heard)
        with self._open() as library:
            library.espeak_SetSynthCallback(callback)
            if library.espeak_SetVoiceByName(voice.encode()) != 0:
                raise GenerationFailed(f"espeak-ng has no voice {voice!r} in {self._data_path}")
            library.espeak_SetParameter(_RATE, rate_wpm, 0)
            data = text.encode() + b"\0"
            status = library.espeak_Synth(data, len(data), 0, _BY_CHARACTER, 0, _UTF8, None, None)
            if status != 0:
                raise GenerationFailed(f"espeak-ng refused the text with status {status}")
        return heard.speech(text, self._rate_hz)

    @contextmanager
    def _open(self) -> Generator[Any]:
        """The library in its first state, with the lock held; unloaded afterwards."""
        with _lock:
            library = self._load()
            try:
                library.espeak_SetVoiceByName.argtypes = [ctypes.c_char_p]
                library.espeak_Synth.argtypes = [
                    ctypes.c_char_p,
                    ctypes.c_size_t,
                    ctypes.c_uint,
                    ctypes.c_int,
                    ctypes.c_uint,
                    ctypes.c_uint,
                    ctypes.c_void_p,
                    ctypes.c_void_p,
                ]
                path = None if self._data_path is None else os.fsencode(self._short_data_path())
                options = _PHONEME_EVENTS | _DONT_EXIT
                self._rate_hz = int(library.espeak_Initialize(_SYNCHRONOUS, 0, path, options))
                if self._rate_hz <= 0:
                    raise EngineUnavailable(
                        f"espeak-ng can't start with the data in {self._data_path} "
                        f"(status {self._rate_hz}): {INSTALL}"
                    )
                yield library
                library.espeak_Terminate()
            finally:
                _unload(library)

    def _load(self) -> Any:
        path = self._library_path
        if _resident(path):  # someone else in this process has it: its state would be theirs
            path = self._beside(path)
        try:
            return ctypes.CDLL(str(path))
        except OSError as error:
            raise EngineUnavailable(
                f"can't load espeak-ng from {path}: {error}; {INSTALL}"
            ) from None

    def _short_data_path(self) -> Path:
        assert self._data_path is not None
        path = self._data_path.resolve()
        if len(os.fsencode(path)) <= LONGEST_DATA_PATH_BYTES:
            return path
        link = self._private_path() / "data"
        if not link.exists():
            try:
                link.symlink_to(path, target_is_directory=True)
            except OSError as error:
                raise EngineUnavailable(
                    f"the path of espeak-ng's data has more than {LONGEST_DATA_PATH_BYTES} bytes "
                    f"({path}), and no shorter link to it can be made: {error}"
                ) from None
        return link

    def _beside(self, path: Path) -> Path:
        copy = self._private_path() / path.name
        if not copy.exists():
            shutil.copyfile(path, copy)
        return copy

    def _private_path(self) -> Path:
        if self._own_folder is None:
            self._own_folder = Path(tempfile.mkdtemp(prefix="vocalino-espeak-"))
            weakref.finalize(self, shutil.rmtree, self._own_folder, ignore_errors=True)
        return self._own_folder


@functools.cache
def shared(library_path: Path | None = None, data_path: Path | None = None) -> Espeak:
    """One Espeak for each pair of paths, so that what is cached by it is found again."""
    return Espeak(library_path, data_path)


def espeak_paths(settings: Settings) -> tuple[Path | None, Path | None]:
    """Library and data that the settings name, None where they leave it to the wheel."""
    named = (settings.espeak_library, settings.espeak_data)
    library_path, data_path = (Path(path).expanduser() if path else None for path in named)
    return library_path, data_path


def _from_wheel() -> tuple[Path, Path]:
    try:
        import espeakng_loader  # pyright: ignore[reportMissingTypeStubs]
    except ImportError:
        raise EngineUnavailable(
            f"the draft cast speaks through espeak-ng, which is not there: {INSTALL}"
        ) from None
    return Path(espeakng_loader.get_library_path()), Path(espeakng_loader.get_data_path())


def _resident(path: Path) -> bool:
    """True when the library is loaded already. Only where the loader can be asked (POSIX)."""
    only_if_loaded = getattr(os, "RTLD_NOLOAD", None)
    if only_if_loaded is None:
        return False
    try:
        library = ctypes.CDLL(str(path), mode=only_if_loaded)
    except OSError:
        return False
    _unload(library)
    return True


def _unload(library: Any) -> None:
    import _ctypes

    close: Any = getattr(_ctypes, "dlclose", None) or getattr(_ctypes, "FreeLibrary", None)
    with suppress(OSError):
        close(library._handle)
