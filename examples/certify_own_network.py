"""Certify a network of your own: train, cut down, certify, verify, use.

python examples/certify_own_network.py            # Fashion-MNIST, some minutes
python examples/certify_own_network.py --smoke    # made-up images, seconds
"""

import torch
from smoke import SHORT, fashion, run_directory, smoke_wanted
from torch import nn

import netrazor
from netrazor.pipeline import recipe_named

smoke = smoke_wanted("Certify a network of your own.")
train, test = fashion(smoke)
out = run_directory("own", smoke)


def build() -> nn.Module:
    """Any classifier will do, as long as its scores come from its parameters and buffers."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 5, stride=2),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 12 * 12, train.classes),
    )


# A recipe is typed configuration: `quick` trains, prunes by saliency per bit, quantizes, and looks for noise.
recipe = SHORT if smoke else recipe_named("quick")

torch.manual_seed(0)
certificate = netrazor.certify(build(), train, recipe=recipe, delta=0.05, out=out)
print(certificate.claim)
print(f"{certificate.message_bytes} bytes in {out / 'network.nrz'}")

# Anyone with the directory, the class and the training set comes to the same claim.
verdict = netrazor.verify(out, train, model=build())
print(verdict.status)

# What was certified is the network decoded from the message: use that one.
network = netrazor.load(out, model=build())
with torch.no_grad():
    images, labels = test.tensors()
    errors = int((network(images).argmax(1) != labels).sum())
print(f"{errors} of {len(test)} test examples wrong: for comparison only, nothing rests on them")
