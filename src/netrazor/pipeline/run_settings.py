"""What determines a run, by dotted names: two runs are the same if these are, and else differ in some of them."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from torch import nn

from netrazor.certification.prior_record import GivenArraysRecord
from netrazor.certification.run_result import Setting
from netrazor.networks import source_digest
from netrazor.networks.network_message import codable_arrays
from netrazor.pipeline.run_configuration import RunConfiguration
from netrazor.pipeline.run_identity import run_id


def settings_of(
    model: nn.Module,
    fingerprint: str,
    configuration: RunConfiguration,
    given: GivenArraysRecord | None = None,
) -> dict[str, Setting]:
    """The settings of a run of ``configuration`` from the weights of ``model`` on the data set of a fingerprint.

    Digests stand for what is not a number or a word: weights, source, functions, other examples. On which device it
    trains and what it reports make no other run.
    """
    training = configuration.training
    return {
        "network.source": source_digest(model),
        "network.weights": run_id(codable_arrays(model)),
        "dataset": fingerprint,
        "training": None if training is None else run_id(training),
        "loss": _function(configuration.loss),
        "training_step": None
        if configuration.training_step is None
        else _function(configuration.training_step),
        **({} if configuration.teacher is None else {"teacher": run_id(configuration.teacher)}),
        **({} if given is None else {"given.arrays": given.sha256, "given.origin": given.origin}),
        "architecture": configuration.architecture,
        "delta": configuration.delta,
        "seed": configuration.seed,
        "tops": ", ".join(map(str, configuration.tops)),
        "count_on": configuration.count_on,
        **_claims(configuration),
        **dict(_flat("recipe", configuration.chosen_recipe.written())),
    }


def _claims(configuration: RunConfiguration) -> dict[str, Setting]:
    """Claims and the columns that they may need, where any were asked for."""
    if configuration.claims is None:
        return {}
    asked = "; ".join(claim.model_dump_json() for claim in configuration.statements)
    columns = {name: np.asarray(values).astype(np.str_) for name, values in configuration.columns.items()}
    return {"claims": asked, "columns": run_id(columns)}


def _function(function: Callable[..., Any]) -> str:
    """A function's name, and its digest, which another function of the name does not have."""
    return f"{getattr(function, '__qualname__', type(function).__qualname__)} {run_id(function)[:16]}"


def _flat(name: str, value: Any) -> Iterator[tuple[str, Setting]]:
    """The numbers and words that ``value`` holds, by their places in it."""
    if isinstance(value, Mapping):
        for key, held in value.items():
            yield from _flat(f"{name}.{key}", held)
    elif isinstance(value, (list, tuple)):
        yield f"{name}.length", len(value)
        for place, held in enumerate(value):
            yield from _flat(f"{name}.{place}", held)
    else:
        yield name, value
