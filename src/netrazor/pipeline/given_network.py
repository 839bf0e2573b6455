"""A network whose weights are given: in a file of their own, decoded from it again, and counted by itself."""

import hashlib
from dataclasses import dataclass

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import GivenRecord, SampleRecord
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions
from netrazor.coding.message import read
from netrazor.counting import check_independence, count_errors
from netrazor.data.subsets import take
from netrazor.data.targets import TargetDataset
from netrazor.data.transforms import refuse_learnt_transforms
from netrazor.networks.network_message import encode, limits_of, network_of
from netrazor.networks.plain import plain_copy
from netrazor.pipeline.coded_network import CodedNetwork, coded_network
from netrazor.pipeline.describing_samples import describe_sample
from netrazor.runtime import Reporter

Examples = Dataset[tuple[Tensor, int]]


@dataclass(frozen=True)
class GivenNetwork:
    """The network that is given.

    Attributes:
        blob: the file of its weights.
        network: decoded from this: the graph of a user's own, where it is one.
        searched: the same with its modules, in which the last layer is found.
        coded: what was encoded.
        record: of the file.
        sample: what it is counted on, and what it was trained on.
    """

    blob: bytes
    network: nn.Module
    searched: nn.Module
    coded: CodedNetwork
    record: GivenRecord
    sample: SampleRecord


def given_network(
    model: nn.Module,
    dataset: Examples,
    sample: tuple[int, Spending],
    *,
    architecture: str,
    origin: str,
    reporter: Reporter,
) -> GivenNetwork:
    """The given network with the records of its weights and of its sample.

    Args:
        model: as the user has it, in the plain form; it is not changed.
        dataset: the whole training set.
        sample: how many examples are spent, and in which order.
        architecture: the declared one that it is, or "custom".
        origin: what its weights were made from.
        reporter: told of the progress.

    Raises:
        UnsupportedModel: a network that cannot be coded, or whose answers depend on more than their example.
        BadDataset: a data set that cannot be counted.
    """
    refuse_learnt_transforms(dataset)
    spent, spending = sample
    model = plain_copy(model)
    coded = coded_network(model, architecture, dataset)
    blob = encode(coded.network, architecture)
    network = network_of(coded.network, read(blob, limits_of(coded.network)))
    described = describe_sample(network, dataset, reporter, spent, spending)
    counted = take(dataset, split_positions(described)[1])
    # A graph has no modules, which tell the remedy where examples see one another: so the model is tried first.
    check_independence(model, counted, together=100, sample=16)
    check_independence(network, counted)
    errors = None
    if not isinstance(counted, TargetDataset):
        errors = count_errors(network, counted, reporter=reporter).errors
    record = GivenRecord(
        sha256=hashlib.sha256(blob).hexdigest(), bytes=len(blob), origin=origin, errors=errors
    )
    searched = network if coded.network is model else model
    return GivenNetwork(blob, network, searched, coded, record, described)
