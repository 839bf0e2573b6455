"""`certify`: a certificate of a network in one call, by keywords."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.certification import Certificate
from netrazor.certification.claims import AnyClaim
from netrazor.networks.estimators import as_network
from netrazor.networks.given_arrays import Given
from netrazor.pipeline.certified_run import run
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.run_configuration import RunConfiguration, reporter_for
from netrazor.pipeline.teacher import as_teacher
from netrazor.runtime import devices
from netrazor.train import Loss, TrainingStep


def certify(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    recipe: Recipe | str = "quick",
    given: Given | None = None,
    given_origin: str | None = None,
    delta: float = 0.05,
    seed: int = 0,
    out: str | os.PathLike[str] | None = None,
    overwrite: bool = False,
    tops: tuple[int, ...] = (1,),
    claims: Sequence[AnyClaim] | None = None,
    columns: Mapping[str, Any] | None = None,
    test: Dataset[tuple[Tensor, int]] | None = None,
    training: Dataset[tuple[Tensor, int]] | None = None,
    loss: Loss = F.cross_entropy,
    training_step: TrainingStep | None = None,
    teacher: nn.Module | None = None,
    device: str = devices.AUTO,
    count_on: str = devices.CPU.type,
    progress: bool | None = None,
) -> Certificate:
    """Train and cut down ``model`` by ``recipe``, write it as a message, and bound its error on new examples.

    Claim: with probability at least 1 - delta over the draw of ``dataset``, the network decoded from the
    message errs on at most ``certificate.risk_bound`` of new examples, if the certificate's assumptions hold.

    A directory that holds a finished run of the same settings gives its certificate at once; one of other settings
    is left alone, unless ``overwrite`` says otherwise.

    Args:
        model: any classifier. It gives N x classes scores, in a tensor, first in a tuple or as ``.logits``, or a
            single number for each example where there are two classes. It is changed in place to the network
            certified, and first made plain (`netrazor.networks.make_plain`): masks, parametrizations and quantized
            weights become plain weights. Evaluation mode is what is certified. Linear estimators of scikit-learn and
            its MLPClassifier are taken too: as the networks that they are (`netrazor.networks.as_network`).
        dataset: the entire training set, map-style, without random augmentation. Its items are pairs (input, label),
            tuples (inputs ..., label), or dictionaries with a label under ``label``, ``labels``, ``y`` or ``target``,
            whose other keys the network takes by name; or a pair of arrays (inputs, labels). Where the claims are
            about several labels, numbers or pixels, the label is an array (`netrazor.data.targets`), and the network
            gives N x outputs.
        recipe: a recipe or the name of one.
        given: what of ``model`` was fixed without these examples, and so costs nothing: patterns of names of arrays
            or modules ("backbone"), "frozen" for all that requires no gradient, or a file of weights. It is never
            changed or coded. None: everything is coded.
        given_origin: what the given weights were made from, in words; the certificate says it.
        delta: failure probability of the certificate.
        seed: of everything random; the same seed gives the same message on one machine.
        out: directory for ``network.nrz``, ``certificate.json`` and ``result.json``, and meanwhile a
            checkpoint from which a killed run goes on.
        overwrite: whether a run of other settings in ``out`` may be replaced.
        tops: one claim for each number of best scores among which the label must be.
        claims: what is claimed in place of ``tops``, values of `netrazor.claims` (docs/claims.md): they hold
            together, and the first, an error or another mean loss, is the headline.
        columns: for claims about groups, a value for each example of ``dataset``, by the column's name.
        test: examples to report the error on.
        training: examples to train on instead of ``dataset``.
        loss: of scores and labels, for training; of other targets cross-entropy means `netrazor.train.TargetLoss`.
        training_step: of network, inputs and labels, instead of ``loss``.
        teacher: a trained network of any size, in evaluation mode: all training is towards its answers to the
            training inputs, which are computed once, so that `netrazor.extend` then says more of it. It may have been
            trained on ``dataset``: the message holds all that was learnt, and errors are counted against the labels.
        device: what trains and searches.
        count_on: what counts the errors that the certificate states.
        progress: whether bars on standard error show how far it is; by default where that is a terminal.

    Raises:
        NetrazorError: bad data, an unsupported network, weights that are not finite, a directory that cannot be
            written or holds something else.
    """
    configuration = RunConfiguration(
        recipe=recipe,
        given=given,
        given_origin=given_origin,
        delta=delta,
        seed=seed,
        out=out,
        overwrite=overwrite,
        tops=tops,
        claims=claims,
        columns=columns or {},
        test=test,
        training=training,
        loss=loss,
        training_step=training_step,
        teacher=as_teacher(teacher),
        device=device,
        count_on=count_on,
        reporter=reporter_for(progress),
    )
    return run(as_network(model), dataset, configuration).issued.certificate
