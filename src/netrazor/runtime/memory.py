"""What a training step frees, the next one asks for again: the C library should keep it in between."""

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3)
_KEPT = 2**30  # bytes at the end of the heap before any are handed back
_LARGEST = 2**25  # bytes of one tensor; what mallopt allows at most


def keep_freed_memory() -> bool:
    """Let the C library keep freed memory, where it is GNU's; whether it does.

    By default each tensor above some hundred KiB is mapped anew and its pages are zeroed by the kernel, which takes
    up to ten times as long as adding two of them. Holds for the entire process, so a program calls it, not a library.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # another C library; Windows
        return False
    return bool(mallopt(_TRIM_THRESHOLD, _KEPT)) and bool(mallopt(_MMAP_THRESHOLD, _LARGEST))
