"""The bounds by themselves: from counts and lengths to claims, without torch.

python examples/bound_by_hand.py [--smoke]        # a second either way
"""

import argparse
import math

from netrazor import bounds
from netrazor.units import nats_from_bits, percent_up

argparse.ArgumentParser(description=__doc__).parse_known_args()

# A classifier that a message of 10,000 bits describes errs on 900 of 60,000 training examples.
errors, n, code_bits = 900, 60_000, 10_000
print("exact binomial tail:", percent_up(bounds.occam(errors, n, code_bits)))
print("kl inverse:         ", percent_up(bounds.maurer(errors / n, nats_from_bits(code_bits), n)))
print("Catoni:             ", percent_up(bounds.catoni(errors / n, nats_from_bits(code_bits), n)))

# What a bit costs: the same counts with another length.
for bits in (1_000, 3_000, 30_000):
    print(f"{bits:6d} bits:         {percent_up(bounds.occam(errors, n, bits))}")

# Theorem 6.1, the other way round: a network that knows its 5,000 random labels by heart has learnt at least this.
floor = bounds.memorization_floor(train_error=0.0, test_error=0.9, n=5_000)
print(f"memory of 5,000 random labels: at least {float(floor) / math.log(2) / 8:.0f} bytes")
