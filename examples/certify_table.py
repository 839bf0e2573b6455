"""Certify models of a table, an estimator and a network, by the examples that they pick and by hold-out.

python examples/certify_table.py            # handwritten digits; needs scikit-learn
python examples/certify_table.py --smoke    # fewer stops and steps, seconds
"""

import numpy as np
import torch
from sklearn.datasets import load_digits
from sklearn.svm import SVC
from smoke import run_directory, smoke_wanted
from torch import nn
from torch.nn import functional as F
from torch.utils.data import DataLoader

import netrazor
from netrazor.data.tables import table_of
from netrazor.picking import TorchLearner, TorchTraining, geometric_stops

smoke = smoke_wanted("Certify models of a table.")
rows, labels = load_digits(return_X_y=True)
# Grey values go from 0 to 16 whatever the images, so 16 is a constant and not measured on them.
table = table_of(np.float32(rows / 16), labels, name="digits")


def build() -> nn.Module:
    """A small network for rows of 64 numbers."""
    return nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))


# An estimator. The stops are declared before anything is picked; delta is shared by them.
stops = (40, 80) if smoke else geometric_stops(60, 240, 6)
out = run_directory("picked-estimator", smoke)
certificate = netrazor.certify_picked(SVC(C=10.0), table, stops=stops, out=out)
print("estimator, picked:", certificate.claim)

# Anyone with the table and the estimator lets it pick again.
print(netrazor.verify(out, table, SVC(C=10.0)).status)

# A network: the same call with what builds it, or with a learner that says how it trains.
training = TorchTraining(steps=20, steps_per_pick=1.0) if smoke else TorchTraining()
certificate = netrazor.certify_picked(TorchLearner(build, training), table, stops=stops)
print("network, picked:", certificate.claim)

# Hold-out: half of the rows, by a hash of their positions, train the network; the others bound its error.
spent = len(table) // 2
to_train, _ = netrazor.split_spent(table, spent)
torch.manual_seed(0)
model = build()
optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
for _ in range(2 if smoke else 60):
    for inputs, classes in DataLoader(to_train, batch_size=32, shuffle=True):
        optimizer.zero_grad()
        F.cross_entropy(model(inputs), classes).backward()
        optimizer.step()

out = run_directory("held-out", smoke)
certificate = netrazor.certify_hold_out(model, table, spent=spent, out=out)
print("network, hold-out:", certificate.claim)
print(netrazor.verify(out, table, build()).status)

# An estimator learns the spent half within the call; a verifier lets it learn again.
certificate = netrazor.certify_hold_out(SVC(C=10.0), table, spent=spent)
print("estimator, hold-out:", certificate.claim)
