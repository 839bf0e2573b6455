"""Certify networks that give no single class: several yes or no answers at once, and a number.

python examples/certify_targets.py            # handwritten digits, diabetes; needs scikit-learn; a minute
python examples/certify_targets.py --smoke    # shorter training, seconds
"""

import numpy as np
import torch
from sklearn.datasets import load_diabetes, load_digits
from smoke import run_directory, smoke_wanted
from torch import nn
from torch.nn import functional as F

import netrazor
from netrazor import claims

smoke = smoke_wanted("Certify networks of several labels and of numbers.")
steps = 30 if smoke else 1500


def train(network: nn.Module, inputs: np.ndarray, targets: np.ndarray, loss) -> nn.Module:
    """Plain training on all examples at once; for a hold-out these are the spent ones, and no others."""
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2, weight_decay=1e-3)
    rows, wanted = torch.from_numpy(inputs), torch.from_numpy(targets).float()
    for _ in range(steps):
        optimizer.zero_grad()
        loss(network(rows), wanted).backward()
        optimizer.step()
    return network.eval()


# Three questions about a digit, each with an answer of its own: even? more than four? with a closed loop?
images, digits = load_digits(return_X_y=True)
images = (images / 16).astype(np.float32)
questions = np.stack([digits % 2 == 0, digits > 4, np.isin(digits, (0, 6, 8, 9))], axis=1).astype(np.int64)
spent = len(images) // 2
(first, answers), _ = netrazor.split_spent((images, questions), spent)
torch.manual_seed(0)
network = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))
train(network, first, answers, F.binary_cross_entropy_with_logits)
out = run_directory("labels", smoke)
asked = [claims.SubsetError(), claims.LabelErrors(), claims.HammingLoss()]
certificate = netrazor.certify_hold_out(network, (images, questions), spent=spent, claims=asked, out=out)
for claim in certificate.claims:
    print(claim.sentence)
print(netrazor.verify(out, (images, questions)).status)

# A number: how far diabetes has gone after a year, on a scale from 25 to 346.
rows, progression = load_diabetes(return_X_y=True)
rows = rows.astype(np.float32)
(first, known), _ = netrazor.split_spent((rows, progression), 200)
torch.manual_seed(0)
network = nn.Linear(10, 1)
with torch.no_grad():
    network.bias.fill_(float(known.mean()))
train(network, 20 * first, known[:, None], F.huber_loss)
with torch.no_grad():
    network.weight.mul_(20)
out = run_directory("numbers", smoke)
asked = [claims.AbsoluteError(scale=200.0), claims.Within(tolerance=100.0)]
certificate = netrazor.certify_hold_out(network, (rows, progression), spent=200, claims=asked, out=out)
for claim in certificate.claims:
    print(claim.sentence)
print(netrazor.verify(out, (rows, progression)).status)
