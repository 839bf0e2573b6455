"""What a training step frees, the next one asks for again: the C library should keep it in between."""

import ctypes

_TRIM_THRESHOLD, _MMAP_MAX = -1, -4  # of mallopt(3)
_KEPT = 2**31 - 1  # bytes at the end of the heap before any are handed back: the largest int


def keep_freed_memory() -> bool:
    """Let the C library keep freed memory, where it is GNU's; whether it does.

    By default large tensors are mapped anew and their pages zeroed by the kernel, which takes up to ten times as long
    as adding two of them. The size from which on tensors are mapped can be set to 32 MiB at most, and the activations
    of a batch are larger, so none is mapped at all. Holds for the entire process, so a program calls it and not a
    library.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library; Windows
        return False
    return bool(mallopt(_TRIM_THRESHOLD, _KEPT)) and bool(mallopt(_MMAP_MAX, 0))
