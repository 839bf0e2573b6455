"""Training a network of whole numbers a little more, and descending again, for as long as the bound falls.

Training moves all layers and loses some of what the descent had won; the descent then often ends lower than before.
Each cycle starts from the best message so far with batches of its own. A search among messages of one decoder costs
nothing: the bound holds for all of them together.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.compress import DescentConfig, IntegerWeights, SearchContext, descend
from netrazor.counting import in_order
from netrazor.pipeline.stages import PolishStage
from netrazor.runtime import Reporter, Silent, devices, processes
from netrazor.simplify import copy_for_training, expand_into
from netrazor.train import Batches, fit
from netrazor.train.frozen_features import precompute_features
from netrazor.units import percent_up


def polish(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    code_bits: Callable[[], float],
    stage: PolishStage,
    config: DescentConfig,
    *,
    delta: float,
    seed: int,
    first: int = 0,
    save: Callable[[int], None] | None = None,
    device: torch.device = devices.CPU,
    reporter: Reporter | None = None,
) -> None:
    """Polish ``model`` in place; the bound of its message never rises.

    Args:
        model: ends in a linear layer, as for `descend`.
        dataset: the whole training set.
        code_bits: the length of the message of ``model`` as it is when called.
        stage: what a cycle is, and how many.
        config: of the descent in each cycle.
        delta: failure probability that the bound will be stated with.
        seed: of the batches.
        first: the first cycle to be done, where others are done already.
        save: called with the number of the next cycle after each.
        device: trains.
        reporter: told of the progress.

    Raises:
        UnsupportedModel: the scores come from something else than a linear layer.
    """
    reporter = reporter or Silent()
    learned, features = precompute_features(model, dataset)
    example = next(in_order(features, 8))[0]

    def descended(search: DescentConfig) -> float:
        return descend(learned, code_bits, search, SearchContext(features, delta, device=device)).bounds[1]

    best = descended(DescentConfig(rounds=0))
    for cycle in range(first, stage.cycles):
        kept = {name: tensor.clone() for name, tensor in learned.state_dict().items()}
        working = copy_for_training(learned, example)
        with devices.drawing_apart(device), devices.placed(working, device) as moving:
            torch.manual_seed(seed + cycle)
            weights = IntegerWeights(moving, stage.weights, stage.fit.steps)
            batches = Batches(features, stage.fit.batch_size, seed=seed + cycle)
            fit(
                moving,
                weights,
                batches,
                stage.fit,
                name=f"polish {cycle + 1}",
                loss=weights.loss,
                reporter=reporter,
            )
            weights.finish()
        processes.broadcast(
            working.state_dict().values()
        )  # the statistics of batch norms are each process's own
        expand_into(learned, working)
        found = descended(config)
        reporter.say(f"polished to {percent_up(found)}, from {percent_up(best)}")
        if found < best:
            best = found
        else:
            learned.load_state_dict(kept)
        if save is not None:
            save(cycle + 1)
