"""Which precision is fast on this machine."""

import torch

from stn_lib.training.distributed import local_device


def fast_precision(device: str = "cpu") -> str:
    """Return ``"bfloat16"`` where the device computes with it, and ``"float32"`` where it would only emulate it.

    A processor without instructions for bfloat16 needs 3 to 25 times as long with it as with float32.

    Args:
        device: a name as in `stn_lib.training.TrainConfig`.

    Raises:
        ValueError: for a device that this machine does not have.

    Example:
        >>> fast_precision() in ("bfloat16", "float32")
        True
    """
    kind = local_device(device).type
    if kind == "cuda":
        return "bfloat16" if torch.cuda.is_bf16_supported(including_emulation=False) else "float32"
    known = getattr(torch.cpu, "get_capabilities", dict)() if kind == "cpu" else {}  # torch 2.8 cannot tell
    return "bfloat16" if any(known.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16")) else "float32"
