"""Everything that a run is told besides its network and its examples, as one typed configuration."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.certification.claims import AnyClaim, Error, TopK
from netrazor.errors import ConfigurationError, InvalidArgument
from netrazor.networks.given_arrays import Given
from netrazor.pipeline.claim_records import check_claims
from netrazor.pipeline.recipe import Recipe, recipe_with_teacher, recipe_without_classes
from netrazor.pipeline.recipes import recipe_named
from netrazor.pipeline.teacher import check_teacher
from netrazor.runtime import SILENT, Reporter, devices
from netrazor.train import Loss, TargetLoss, TrainingStep
from netrazor.train.soft_targets import cross_entropy


@dataclass(frozen=True)
class RunConfiguration:
    """How a network is certified.

    Attributes:
        recipe: how it is trained and cut down, or the name of a recipe for users' networks.
        given: which arrays of the network were fixed without these examples: patterns, "frozen", or a weights file.
        given_origin: what they were made from, in words.
        delta: failure probability of the certificate.
        seed: of everything random; the same seed gives the same message on one machine.
        out: directory for the files, and meanwhile a checkpoint from which a killed run goes on; None: no files.
        overwrite: whether a run of other settings in ``out``, finished or not, may be replaced.
        architecture: the declared architecture that the network is, whose shapes then cost nothing; or "custom".
        tops: a claim is made for each: right is an answer whose label is among so many best scores. They hold
            together, each at its share of ``delta``; the first is the headline.
        claims: what is claimed in place of ``tops``, as values of `netrazor.claims`; they hold together, the first is
            the headline. Beside others than errors no noise is searched for, since its risk is drawn for errors only.
        columns: of values beside the data set, by name, for claims about groups.
        test: examples to report the error on; nothing is chosen by them.
        training: examples to train on instead of the training set (an augmented copy, say); errors are counted on
            the training set.
        loss: of scores and labels, for training only: what is certified is the loss of the claims. Where these are
            about other targets than classes, cross-entropy stands for `netrazor.train.TargetLoss`.
        training_step: of network, inputs and labels, instead of ``loss``: the loss to be minimized.
        teacher: a trained network of any size, in evaluation mode, whose answers to the training inputs are trained
            towards, as the recipe's ``distill`` says (docs/recipes.md). It may have seen the training set: what is
            learnt from it is in the message, and errors are counted against the labels.
        device: what trains and searches: "cpu", "cuda", "cuda:1", or "auto": a CUDA device where there is one and
            the network runs there. The network comes back on the CPU.
        count_on: what counts the errors and the noisy risk that the certificate states. By default the CPU, on which
            `verify` counts too: another device may round a score of a network of floats the other way.
        reporter: told of the progress.

    Raises:
        InvalidArgument: delta or seed out of range.
        ConfigurationError: no recipe of that name; a teacher that is none, or that cannot be trained towards.
    """

    recipe: Recipe | str = "quick"
    given: Given | None = None
    given_origin: str | None = None
    delta: float = 0.05
    seed: int = 0
    out: str | os.PathLike[str] | None = None
    overwrite: bool = False
    architecture: str = "custom"
    tops: tuple[int, ...] = (1,)
    claims: Sequence[AnyClaim] | None = None
    columns: Mapping[str, Any] = field(default_factory=dict)
    test: Dataset[tuple[Tensor, int]] | None = None
    training: Dataset[tuple[Tensor, int]] | None = None
    loss: Loss = F.cross_entropy
    training_step: TrainingStep | None = None
    teacher: nn.Module | None = None
    device: str = devices.AUTO
    count_on: str = devices.CPU.type
    reporter: Reporter = SILENT

    def __post_init__(self) -> None:
        """Check what can be checked without the network."""
        check_delta_and_seed(self.delta, self.seed)
        if not self.tops or len(set(self.tops)) < len(self.tops) or min(self.tops) < 1:
            raise InvalidArgument(
                f"tops: different whole numbers from 1 on allowed, got {self.tops!r}; (1,) is usual"
            )
        if self.claims is not None and self.tops != (1,):
            raise InvalidArgument(
                "tops: no tops beside claims allowed, got both; write them as claims, TopK(k=5) say"
            )
        if self.teacher is not None:
            self._check_teacher()
        _ = self.statements, self.chosen_recipe

    @property
    def statements(self) -> tuple[AnyClaim, ...]:
        """What is claimed, as typed values."""
        return tuple(TopK(k=top) for top in self.tops) if self.claims is None else check_claims(self.claims)

    @property
    def trains_on_features(self) -> bool:
        """Whether what given arrays make of each example may be computed once: training reads the same inputs."""
        return self.training is None and self.training_step is None and self.headline.task == "single-label"

    @property
    def chosen_recipe(self) -> Recipe:
        """The recipe itself; without noise, and what searches on errors, where the claims leave no room for it."""
        recipe = recipe_named(self.recipe) if isinstance(self.recipe, str) else self.recipe
        recipe = recipe_with_teacher(recipe, has_teacher=self.teacher is not None)
        if self.headline.task != "single-label":
            return recipe_without_classes(recipe)
        errors_only = all(isinstance(claim, (Error, TopK)) for claim in self.statements)
        return recipe if errors_only else replace(recipe, noise=None)

    @property
    def headline(self) -> AnyClaim:
        """The claim that comes first."""
        return self.statements[0]

    @property
    def training_loss(self) -> Loss:
        """What is minimized: the user's loss, or the usual one of the task."""
        if self.teacher is not None:
            return cross_entropy
        usual = self.headline.task == "single-label" or self.loss is not F.cross_entropy
        return self.loss if usual else TargetLoss(self.headline)

    def _check_teacher(self) -> None:
        check_teacher(self.teacher)
        if self.headline.task != "single-label":
            raise ConfigurationError(
                f"teacher: claims about single classes needed beside it, got {self.headline.kind!r}; leave the "
                "teacher out"
            )
        if self.training_step is not None or self.loss is not F.cross_entropy:
            raise ConfigurationError(
                "teacher: no loss and no training_step beside it allowed, since it is trained towards by "
                "cross-entropy, got one; leave either out"
            )


def check_delta_and_seed(delta: float, seed: int) -> None:
    """Refuse what is no failure probability or no seed, before anything is computed.

    Raises:
        InvalidArgument: out of range.
    """
    if not 1e-100 <= delta < 1:
        raise InvalidArgument(
            f"delta: a probability from 1e-100 to below 1 allowed, got {delta!r}; 0.05 is usual"
        )
    if not 0 <= seed < 2**31:
        raise InvalidArgument(f"seed: a whole number from 0 to 2^31 - 1 allowed, got {seed!r}; 0 is usual")


def reporter_for(progress: bool | None) -> Reporter:
    """Progress bars on standard error, or nothing; None: bars where standard error is a terminal."""
    if not (sys.stderr.isatty() if progress is None else progress):
        return SILENT
    from rich.console import Console

    from netrazor.progress_bars import Bars

    return Bars(Console(stderr=True))
