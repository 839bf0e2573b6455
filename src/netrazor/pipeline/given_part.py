"""Certifying what comes after given arrays: the coded part, on features that are computed once."""

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.coding.message import read
from netrazor.counting import BATCH_SIZE, in_order, outputs_of
from netrazor.counting.cached_features import CachedFeatures, cached_features, features_fit
from netrazor.counting.reading_order import counting_order
from netrazor.data.subsets import size_of, take
from netrazor.errors import ConfigurationError, UnsupportedModel
from netrazor.networks import index_of
from netrazor.networks.coded_part import CodedPart, coded_part
from netrazor.networks.exported_graph import export
from netrazor.networks.graph_network import GraphNetwork
from netrazor.networks.network_message import filled, limits_of
from netrazor.networks.state import coded_state, load_coded_state
from netrazor.networks.swapped_part import swapped_part
from netrazor.pipeline.coded_network import CodedNetwork
from netrazor.pipeline.given_description import GivenArrays, check_unchanged, named_by_digest
from netrazor.pipeline.issuing import Issued, certify_rebuilt, issue_coded, rebuild_from
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.subject import Subject
from netrazor.runtime import devices

Examples = Dataset[tuple[Tensor, int]]

_EXAMPLES = 8  # inputs that a network is traced with
_COMPARED_EVERY = 16  # batches of which one is counted through the whole network too


@dataclass(frozen=True)
class BehindGiven:
    """The coded part of a network and what it is trained and counted on; where nothing is given, all of it.

    Attributes:
        part: the module that the stages change.
        examples: features of all examples, or the examples themselves.
        features: the former, where they were computed.
        whole: the network that a certificate is about: its graph, or itself.
        given: its given arrays; of a graph, those that it reads.
        no_graph: why it is no graph.
    """

    part: nn.Module
    examples: Examples
    features: CachedFeatures | None
    whole: nn.Module
    given: GivenArrays | None = None
    no_graph: str | None = None


@contextmanager
def behind_given(
    model: nn.Module, given: GivenArrays | None, subject: Subject, *, on_features: bool = True
) -> Iterator[BehindGiven]:
    """The coded part of ``model``, on features of the examples where these can be had and ``on_features`` says so.

    Args:
        model: the whole network, in evaluation mode; it stays as it is.
        given: its given arrays; None: the part is ``model`` itself.
        subject: its examples, and the device on which errors are counted, which computes the features.
        on_features: False where training reads other inputs than these examples.

    Raises:
        UnsupportedModel: coded arrays that are no parameters or buffers, in a network that is no graph.
        ConfigurationError: the forward pass reads none of the given arrays.
    """
    dataset, reporter = subject.examples, subject.reporter
    if given is None:
        yield BehindGiven(model, dataset, None, model)
        return
    is_declared = index_of(subject.architecture) > 0
    try:
        part, whole = _part_of_graph(model, given, dataset, is_declared=is_declared)
    except UnsupportedModel as error:
        reporter.say(f"the given part is computed at every step, not once: {error}")
        reason = None if is_declared else str(error)
        yield BehindGiven(swapped_part(model, given.names), dataset, None, model, given, reason)
        return
    behind = BehindGiven(part, dataset, None, model if is_declared else whole, _read_by(whole, given))
    fits = features_fit(size_of(dataset) * part.bytes_of_features)
    if not part.fixed.parts.uses_given or not on_features or not fits:
        yield behind
        return
    with cached_features(part.features_of, dataset, subject.count_on, reporter) as features:
        part.reads_features = True
        yield replace(behind, examples=features, features=features)


def _part_of_graph(
    model: nn.Module, given: GivenArrays, dataset: Examples, *, is_declared: bool
) -> tuple[CodedPart, GraphNetwork]:
    """The coded part of a network's graph, and the graph.

    Raises:
        UnsupportedModel: there is none, or it does not come apart; of a declared architecture, it does not read all.
    """
    example = next(in_order(dataset, _EXAMPLES))[0]
    graph = export(model, example)
    read = [array.name for array in graph.graph.arrays]
    if is_declared and read != list(coded_state(model, copy=False)):
        raise UnsupportedModel("model: its graph does not read all arrays of the declared architecture")
    return coded_part(graph, given.names, example), graph


def _read_by(graph: GraphNetwork, given: GivenArrays) -> GivenArrays:
    """Of the given arrays, those that a graph reads."""
    state = coded_state(graph, copy=False)
    names = tuple(name for name in state if name in given.names)
    if not names or len(names) == len(state):
        raise ConfigurationError(
            f"given: the forward pass reads {len(names)} of the given arrays and {len(state) - len(names)} others; "
            "it must read some of each, so name others, or leave given out"
        )
    return named_by_digest({name: state[name] for name in names}, given.record.origin)


def issue_behind(model: nn.Module, recipe: Recipe, behind: BehindGiven, subject: Subject) -> Issued:
    """`issue` for a coded part; ``model``, the whole network, gets the decoded weights.

    Errors are counted on the features where the whole network gives the same scores to the bit, in a comparison of
    some batches; else all are counted again by the whole network. So a certificate states what a verifier finds.

    Args:
        model: the whole network.
        recipe: of the run.
        behind: the coded part, as the stages left it.
        subject: of ``model`` and its own examples.

    Raises:
        CheckpointMismatch: a given array changed, which is named.
        BadDataset: cached features changed.
    """
    given = behind.given
    assert given is not None
    check_unchanged(model, given)
    if behind.features is not None:
        behind.features.check_unchanged()
    about = replace(subject, examples=behind.examples, given=given.record)
    coded = CodedNetwork(behind.part, behind.no_graph, behind.whole)
    issued = issue_coded(coded, recipe, about)
    message = read(issued.blob, limits_of(behind.part))
    whole = filled(copy.deepcopy(behind.whole), message, given.names)
    certificate = issued.certificate
    if not _gives_same_scores(whole, issued.decoded, behind, subject):
        subject.reporter.say(
            "features round otherwise than the whole network: errors are counted again by it"
        )
        rebuilt = replace(rebuild_from(coded, issued.blob), network=whole)
        config = recipe.noise if certificate.noise is not None else None
        certificate = certify_rebuilt(
            rebuilt, replace(about, examples=subject.examples), certificate.considered, config
        )
    own = coded_state(model, copy=False)
    decoded = {name: array for name, array in coded_state(whole, copy=False).items() if name in own}
    load_coded_state(model, {**own, **decoded})
    return replace(issued, certificate=certificate, decoded=whole)


def _gives_same_scores(whole: nn.Module, part: nn.Module, behind: BehindGiven, subject: Subject) -> bool:
    """Whether the whole network gives, to the bit, the scores that ``part`` gives on what it was counted on.

    Compared are the first batch of the count, the last, which may be smaller, and one of every sixteen between: the
    same operations on batches of the same shape round alike, or nearly everywhere not.
    """
    device, dataset = subject.count_on, subject.examples
    batches = torch.split(counting_order(size_of(dataset)), BATCH_SIZE)
    chosen = sorted({*range(0, len(batches), _COMPARED_EVERY), len(batches) - 1})
    whole, part = devices.copy_on(whole, device), devices.copy_on(part, device)
    with torch.inference_mode(), devices.full_float32():
        for number in chosen:
            places = batches[number].numpy()
            pairs = ((whole, dataset), (part, behind.examples))
            scores = [
                outputs_of(network, next(in_order(take(source, places), BATCH_SIZE))[0].to(device))
                for network, source in pairs
            ]
            if not torch.equal(*scores):
                return False
    return True
