"""Fine-tuning by what the bound gains: several ways away from a given start, and the one that certifies least.

All ways are messages of one decoder, `netrazor.networks.fine_tuned.FineTuned`: the arrays that a way does not use are
in its message as zeros. So the choice among them, among lengths of the message and among seeds is free: the bound
holds for all of these messages together. What is fixed by the architecture (the rank of the adapters, the number of
coordinates, their seed) is not chosen here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from pydantic.dataclasses import dataclass as config_dataclass
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import coding
from netrazor.certification import Certificate, SampleRecord, charge
from netrazor.compress import DescentConfig, IntegerConfig
from netrazor.compress.search_objective import approximate_bound
from netrazor.counting import count_errors
from netrazor.data.plain_examples import in_form_of
from netrazor.data.subsets import size_of
from netrazor.data.tables import as_dataset
from netrazor.errors import ConfigurationError
from netrazor.networks import coded_state, load_coded_state, make_plain
from netrazor.networks.fine_tuned import WAYS, FineTuned
from netrazor.networks.given_arrays import given_names, moving_statistics
from netrazor.networks.network_message import codable_arrays, limits_of
from netrazor.networks.plain_call import plainly_called
from netrazor.networks.state import Array
from netrazor.pipeline.certified_run import context_behind, run
from netrazor.pipeline.describing_samples import describe_sample
from netrazor.pipeline.device_choice import device_for
from netrazor.pipeline.given_description import GivenArrays, describe_given
from netrazor.pipeline.given_part import BehindGiven, behind_given
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.recipes import AS_IS
from netrazor.pipeline.rules import rules_for
from netrazor.pipeline.run_configuration import RunConfiguration
from netrazor.pipeline.stage_runner import run_stages
from netrazor.pipeline.stages import IntegerStage
from netrazor.pipeline.subject import Subject
from netrazor.runtime import SILENT
from netrazor.train import FitConfig, OptimizerConfig
from netrazor.units import percent_up

Examples = Dataset[tuple[Tensor, int]]

# What is learned besides the arrays that are not given (a new head), by the name of the way.
LEARNED: Mapping[str, tuple[str, ...]] = {
    "head": (),
    "norms and biases": ("vectors",),
    "adapters": ("adapters",),
    "sparse difference": ("vectors", "matrices"),
    "subspace": ("coordinates",),
}


@config_dataclass(frozen=True, config={"extra": "forbid"})
class TransferConfig:
    """What is tried.

    Attributes:
        ways: which of `LEARNED`.
        bits_per_example: lengths of the learned numbers that are aimed at, each in bits for each counted example,
            the shortest first. A way ends at the first length that has a larger bound than a shorter one.
        train: of the learned arrays as real numbers.
        integers: of them as whole numbers, for each length.
        descend: of the last layer, from the best length of each way; None: without.
        rank: of the adapters: part of the architecture.
        coordinates: of the subspace: part of the architecture.
    """

    ways: tuple[str, ...] = ("head", "norms and biases", "adapters", "subspace", "sparse difference")
    bits_per_example: tuple[float, ...] = (0.02, 0.04, 0.08, 0.16, 0.32)
    train: FitConfig = FitConfig(steps=600, optimizer=OptimizerConfig(rate=3e-3))
    integers: FitConfig = FitConfig(steps=1500, optimizer=OptimizerConfig(rate=1e-2))
    descend: DescentConfig | None = DescentConfig()
    rank: int = 2
    coordinates: int = 256

    def __post_init__(self) -> None:
        """Check the ways.

        Raises:
            ConfigurationError: there is no such way, or no length.
        """
        unknown = [way for way in self.ways if way not in LEARNED]
        if unknown or not self.ways or not self.bits_per_example:
            raise ConfigurationError(
                f"ways: some of {', '.join(LEARNED)}, and a number of bits an example, allowed, got "
                f"{', '.join(unknown) or 'none'}; choose some"
            )


@dataclass(frozen=True)
class Trial:
    """One way at one length.

    Attributes:
        way: of `LEARNED`.
        target_bits: that were aimed at.
        bits: charged for its message, the arrays that it leaves at zero included.
        errors: of the part on the counted examples.
        bound: approximate; above 1 where it is vacuous.
    """

    way: str
    target_bits: float
    bits: float
    errors: int
    bound: float


@dataclass(frozen=True)
class Transferred:
    """What a transfer came to.

    Attributes:
        certificate: of the best trial.
        network: the module to pass to `netrazor.verify` and `netrazor.load`, with the weights that were certified.
        trials: all that was tried.
    """

    certificate: Certificate
    network: FineTuned
    trials: tuple[Trial, ...]


def transfer(
    model: nn.Module,
    dataset: Examples,
    configuration: RunConfiguration,
    tried: TransferConfig | None = None,
) -> Transferred:
    """Fine-tune ``model`` from its given weights in several ways, and certify the one with the least bound.

    Claim: as for `netrazor.certify`, for the network decoded from the given weights and the message.

    Args:
        model: with the given weights; what is not given (a new head) is learned from where it is.
        dataset: the entire training set.
        configuration: what the start is (``given``, ``given_origin``), and all else of the run; its recipes are made
            here from ``tried``, and the architecture is `FineTuned`.
        tried: the ways and lengths.

    Raises:
        ConfigurationError: nothing is given.
        NetrazorError: as for `netrazor.certify`.
    """
    tried = tried or TransferConfig()
    if configuration.given is None:
        raise ConfigurationError(
            "given: what of the network was fixed without these examples needed, to start from, got None; name it, "
            "'frozen' say"
        )
    if configuration.teacher is not None:
        raise ConfigurationError(
            "teacher: none allowed for transfer, whose trials go by the labels, got one; leave it out, or call "
            "netrazor.certify with given="
        )
    moving = moving_statistics(model)
    make_plain(model.cpu())
    names = given_names(model, configuration.given, moving)
    tuned = FineTuned(model, names, rank=tried.rank, coordinates=tried.coordinates).eval()
    fixed = tuple(f"network.{name}" for name in names)
    terms = replace(configuration, recipe=AS_IS, given=fixed, architecture="custom")
    trials: list[tuple[Trial, dict[str, Array]]] = []
    start = coded_state(tuned)
    with plainly_called(tuned, as_dataset(dataset)) as examples:
        sample = describe_sample(tuned, examples, SILENT)
        trained_on = None if terms.training is None else in_form_of(examples, as_dataset(terms.training))
        of_trials = replace(terms, training=trained_on)
        for way in tried.ways:
            load_coded_state(tuned, start)
            others = [array for array in WAYS if array not in LEARNED[way]]
            described = describe_given(tuned, [*fixed, *others], terms.given_origin, ())
            attempt = _Attempt(way, described, frozenset(fixed), tried, of_trials, sample)
            trials += _try(tuned, examples, attempt)
        _, learned = min(trials, key=lambda trial: trial[0].bound)
        load_coded_state(tuned, {**start, **learned})
        certificate = run(tuned, examples, terms).issued.certificate
    return Transferred(certificate, tuned, tuple(trial for trial, _ in trials))


@dataclass(frozen=True)
class _Attempt:
    """One way: its name, what does not move in it, what no way moves, and the terms of the certificate."""

    way: str
    given: GivenArrays
    fixed: frozenset[str]
    config: TransferConfig
    terms: RunConfiguration
    sample: SampleRecord

    def subject(self, dataset: Examples) -> Subject:
        """What a certificate of this way would be about."""
        terms = self.terms
        return Subject("custom", dataset, self.sample, terms.delta, terms.seed, reporter=terms.reporter)


def _try(tuned: FineTuned, dataset: Examples, attempt: _Attempt) -> list[tuple[Trial, dict[str, Array]]]:
    """A trial at each length while the bound falls, and the best after a descent, each with what it learned.

    The features of what does not move are computed once.
    """
    found = []
    device = device_for(tuned, dataset, attempt.terms.device, SILENT)
    config = attempt.config
    subject, on_features = attempt.subject(dataset), attempt.terms.trains_on_features
    with behind_given(tuned, attempt.given, subject, on_features=on_features) as behind:
        context = context_behind(behind, attempt.terms, rules_for((), behind.part), device)

        def run_from(start: Mapping[str, Array], recipe: Recipe, target: float) -> None:
            load_coded_state(behind.part, start)
            run_stages(recipe, context)
            learned = coded_state(behind.part)
            trial = _measured(tuned, behind, learned, attempt, target)
            bound = percent_up(min(1.0, trial.bound))
            context.reporter.say(f"{trial.way}, {trial.bits:.0f} bits, {trial.errors} errors: {bound}")
            found.append((trial, learned))

        start = coded_state(behind.part)
        for per_example in config.bits_per_example:
            target = per_example * size_of(dataset)
            run_from(start, _recipe(attempt, target), target)
            if found[-1][0].bound > min(trial.bound for trial, _ in found):
                break
        if config.descend is not None:
            best, learned = min(found, key=lambda trial: trial[0].bound)
            descent = Recipe("descend", descend=config.descend, noise=None, simplify=False)
            run_from(learned, descent, best.target_bits)
    return found


def _measured(
    tuned: FineTuned, behind: BehindGiven, learned: Mapping[str, Array], attempt: _Attempt, target: float
) -> Trial:
    """What a trial came to; its message is that of the whole, with zeros for what it did not use."""
    load_coded_state(tuned, {**coded_state(tuned, copy=False), **learned})
    sent = {name: array for name, array in codable_arrays(tuned).items() if name not in attempt.fixed}
    bits = charge(coding.encode(sent), limits_of(tuned)).charged_bits
    count = count_errors(behind.part, behind.examples)
    bound = approximate_bound(count.risk, bits, count.n, attempt.terms.delta)
    return Trial(attempt.way, target, bits, count.errors, bound)


def _recipe(attempt: _Attempt, target: float) -> Recipe:
    """Training, then whole numbers of so many bits."""
    config = attempt.config
    return Recipe(
        name="transfer",
        train=config.train,
        integers=IntegerStage(config.integers, IntegerConfig(start="given", target_bits=max(1.0, target))),
        noise=None,
        simplify=False,
    )
