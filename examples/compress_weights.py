"""The codec by itself: quantized arrays to bytes and back, and where the bits are. Without torch.

python examples/compress_weights.py [--smoke]     # seconds either way
"""

import argparse

import numpy as np

from netrazor import coding

argparse.ArgumentParser(description=__doc__).parse_known_args()

# A layer of 300 x 100 weights, nine in ten of them zero, the others from seven values.
generator = np.random.default_rng(0)
values = np.float32([-0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1.0])
weight = np.where(generator.random((300, 100)) < 0.1, generator.choice(values, (300, 100)), np.float32(0))
arrays = {"weight": weight, "bias": np.zeros(300, np.float32)}

blob = coding.encode(arrays)
decoded = coding.decode(blob)
assert all((decoded[name] == array).all() for name, array in arrays.items())
print(f"{sum(array.nbytes for array in arrays.values())} bytes as float32, {len(blob)} as a message")

for entry in coding.ledger(blob).entries:
    if entry.bits >= 8:
        print(f"{entry.array or '(message)':10} {entry.kind:10} {entry.bits / 8:8.1f} bytes")
