"""Certify a linear classifier of a few hundred rows as a message, and one that scikit-learn fitted.

python examples/certify_small_table.py            # breast cancer; needs scikit-learn; minutes
python examples/certify_small_table.py --smoke    # a short search, seconds
"""

from dataclasses import replace

import numpy as np
import torch
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from smoke import run_directory, smoke_wanted
from torch import nn

import netrazor
from netrazor.compress import SmallSearchConfig
from netrazor.networks import LogScale
from netrazor.pipeline import recipe_named

smoke = smoke_wanted("Certify linear classifiers of a small table.")
rows, labels = load_breast_cancer(return_X_y=True)
recipe = recipe_named("small")
if smoke:
    recipe = replace(recipe, small=SmallSearchConfig(kicks=3, polish=5))


def build() -> nn.Module:
    """Logarithms are constants that no data chose; one output tells two classes apart."""
    return nn.Sequential(LogScale(), nn.Linear(30, 1))


torch.manual_seed(0)
out = run_directory("small-table", smoke)
certificate = netrazor.certify(build(), (rows, labels), recipe=recipe, out=out)
print("linear:", certificate.claim)
print(netrazor.verify(out, (rows, labels), build()).status)

# The same columns, scaled by the same constants, for an estimator: the network that it is gets certified.
scaled = np.log2(np.abs(rows) + 1e-3)
fitted = LogisticRegression(max_iter=1000).fit(scaled, labels)
certificate = netrazor.certify(fitted, (scaled, labels), recipe=recipe)
print("LogisticRegression, as whole numbers:", certificate.claim)
