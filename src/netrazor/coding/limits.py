"""What a reader is ready to spend on a message before it has read it."""

from dataclasses import dataclass

from netrazor.errors import MessageTooLarge


@dataclass(frozen=True)
class Limits:
    """Limits that `decode` keeps; a caller who trusts a message may raise them."""

    elements: int = 2**26
    """Elements of all arrays together (a float32 network of 256 MiB)."""
    arrays: int = 2**12
    """Number of arrays."""
    decisions: int = 2**21
    """Decisions that are coded one by one, at about 7 microseconds each, over all arrays."""


def check_limit(name: str, needed: int, allowed: int) -> None:
    """Refuse what is over a limit.

    Raises:
        MessageTooLarge: ``needed`` is more than ``allowed``.
    """
    if needed > allowed:
        raise MessageTooLarge(
            f"{name}: at most {allowed} allowed, the message needs {needed}; "
            f"if it can be trusted, pass limits=Limits({name}={needed})"
        )
