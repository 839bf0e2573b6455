"""The earlier bounds on a network of your own: each a function from network and data to a number.

python examples/compare_bounds.py                 # Fashion-MNIST, minutes
python examples/compare_bounds.py --smoke         # made-up images, seconds
"""

from dataclasses import replace

import torch
from smoke import fashion, smoke_wanted

from netrazor import baselines
from netrazor.networks import MLP
from netrazor.train import AllParameters, Batches, FitConfig, OptimizerConfig, fit

smoke = smoke_wanted("Earlier bounds on a network of your own.")
train, test = fashion(smoke)

torch.manual_seed(0)
model = MLP((784, 32 if smoke else 300, train.classes))
config = FitConfig(50 if smoke else 2000, 100, OptimizerConfig(rate=2e-3))
fit(model, AllParameters(model), Batches(train, config.batch_size, seed=0), config)

answers = [
    baselines.spectral_margin(model, train),  # NBS18
    baselines.noise_stability(model, train),  # Aro+18: an order, its constants are not published
    baselines.parameter_count(
        sum(p.numel() for p in model.parameters()), errors=0, n=len(train), classes=train.classes
    ),
    baselines.held_out(model, test, classes=train.classes),
]

# DR17 is about a noisy network of its own, and two classes.
dr17 = baselines.DR17Config(hidden=600)
if smoke:
    short = FitConfig(20, 50, OptimizerConfig(rate=1e-2))
    dr17 = replace(dr17, hidden=8, start=short, optimize=short, passes=1)
answers.append(baselines.optimize_posterior(baselines.two_classes(train), dr17).estimate)

for answer in answers:
    print(f"{answer.method:16} {answer.text:>12}  {answer.kind.name.lower():6} {answer.outcome.name.lower()}")
