"""Section 8 in small: a network that knows random labels by heart needs the longer message.

python examples/randomize_labels.py               # 1,000 images, some minutes
python examples/randomize_labels.py --smoke       # made-up images, seconds
"""

from dataclasses import replace
from unittest.mock import patch

from smoke import fashion, run_directory, smoke_wanted

from netrazor import data
from netrazor.reproduction.randomize.randomize_study import randomize, study_scaled
from netrazor.reproduction.randomize.study import TWO_LAYER
from netrazor.units import kib_from_bits

smoke = smoke_wanted("Section 8 in small.")
train, test = fashion(smoke)

study = replace(
    study_scaled(TWO_LAYER, 0.04 if smoke else 0.4),
    name="small",
    settings={"widths": (784, 8 if smoke else 64, train.classes)},
    examples=100 if smoke else 1000,
    sparsities=(0.0, 0.5, 0.8) if smoke else (0.0, 0.5, 0.75, 0.9),
    levels=(0.0, 1.0),
    seeds=(0,),
)
# A study names its data set; here it is given images that are already at hand.
with patch.object(
    data, "load", lambda name, split="train", *, directory=None: {"train": train, "test": test}[split]
):
    summary = randomize(study, run_directory("randomize-small", smoke))

for level, curve in zip(summary.levels, summary.curves, strict=True):
    kept = ", ".join(f"{point.mean:.0%}" for point in curve.tuned)
    print(f"{level:4.0%} random labels: training accuracy {kept} at sparsities {summary.sparsities}")
for lengths in summary.lengths:
    sizes = ", ".join(f"{kib_from_bits(bits.mean):.2f}" for bits in lengths.bits.levels)
    print(f"KiB of the shortest message that keeps {lengths.kept:.0%} of the accuracy: {sizes}")
