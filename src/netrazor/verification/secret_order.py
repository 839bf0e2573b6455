"""What a verifier chooses when it is called, so that nothing can be made to please it: an order, and places in it."""

import secrets

from netrazor.runtime import processes

EXAMPLES_FOR_A_NEAR_TIE = 10_000  # of so many, one answer more may be rounded otherwise in another order


def secret_seed() -> int:
    """A seed that nobody knew before; the same in all processes."""
    return processes.on_rank_zero(lambda: secrets.randbits(48))


def most_near_ties(examples: int) -> int:
    """By how many of so many ``examples`` two counts in different orders may differ by rounding alone."""
    return 1 + examples // EXAMPLES_FOR_A_NEAR_TIE
