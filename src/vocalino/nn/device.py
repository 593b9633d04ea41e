"""The device that a setting names, if it is there."""

from __future__ import annotations

import torch

from vocalino.errors import EngineUnavailable


def device_named(name: str, variable: str) -> torch.device:
    """The device `name`, which the setting `variable` asks for.

    Raises:
        EngineUnavailable: it is not there.
    """
    try:
        device = torch.device(name)
    except RuntimeError:
        raise EngineUnavailable(
            f"{variable} names no device: {name!r}; cuda:0, cuda:1, mps or cpu are some"
        ) from None
    if device.type == "cuda":
        count = torch.cuda.device_count() if torch.cuda.is_available() else 0
        if (device.index or 0) >= count:
            raise EngineUnavailable(
                f"{variable} is {name}, and torch {torch.__version__} sees {count} CUDA devices "
                "here: install a torch with CUDA and its driver, or name another device with "
                f"--device or {variable}=cpu (a CPU is slow: for checks)"
            )
    return device
