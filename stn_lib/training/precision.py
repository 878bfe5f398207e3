"""Which precision a run computes with on this machine."""

import torch


def used_precision(wanted: str, device: torch.device) -> str:
    """Return the precision of convolutions and matrix products on a device: the wanted one, but float32 in place of
    bfloat16 on a device that is not known to compute with it.

    A processor without instructions for bfloat16 takes 3 to 8 times as long with it as with float32.

    Args:
        wanted: ``"float32"`` or ``"bfloat16"``.
        device: where the run computes.

    Example:
        >>> used_precision("float32", torch.device("cpu"))
        'float32'

    Chapter: 9
    """
    return wanted if wanted == "float32" or computes_in_bfloat16(device) else "float32"


def computes_in_bfloat16(device: torch.device) -> bool:
    """Whether a device is known to compute with bfloat16, and not only to emulate it."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    if device.type != "cpu" or not torch.backends.mkldnn.is_available():  # such as torch for macOS
        return False
    known = getattr(torch.cpu, "get_capabilities", dict)()  # torch 2.8 has no public function that tells
    return any(known.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
