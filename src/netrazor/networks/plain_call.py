"""Networks as people have them, called as everything here calls them: one tensor of inputs to N x classes scores.

Where targets are arrays (`netrazor.data.targets`) the outputs are the tensor that a network gives, N x ... .

For as long as it is certified or verified, a network of another form has a class of its own, whose forward pass takes
the packed inputs apart, calls the network's own, and makes scores of what that returns. Names and weights stay, and
afterwards the network is what it was.
"""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from netrazor.data.example_form import ExampleForm
from netrazor.data.plain_examples import in_plain_form
from netrazor.data.targets import TargetDataset
from netrazor.errors import UnsupportedModel
from netrazor.networks.plain import unwrapped

Result = TypeVar("Result")


class PlainCall(nn.Module):
    """A network behind one tensor of inputs and N x classes scores; `plainly_called` puts it before a class."""

    _example_form: tuple[ExampleForm | None, bool]

    def take_form(self, form: ExampleForm | None, *, gives_classes: bool = True) -> None:
        """From now on inputs are those of ``form``; kept under a private name, as what a library adds to a module.

        ``gives_classes``: whether a single number for each example stands for two classes.
        """
        self._example_form = form, gives_classes

    def forward(self, inputs: Tensor) -> Tensor:
        """Scores of a batch of packed inputs."""
        form, gives_classes = self._example_form
        output = self._called(super().forward, form, inputs)
        return scores_in(output) if gives_classes else outputs_in(output)

    def _called(self, call: Callable[..., Any], form: ExampleForm | None, inputs: Tensor) -> Any:
        """What the network's own ``call`` gives for packed inputs."""
        if form is None:
            return call(_of_type(self, inputs))
        parts = [_of_type(self, part) for part in form.unpacked(inputs)]
        if not form.named:
            return call(*parts)
        names = [part.name for part in form.parts]
        if _takes(call, names):
            return call(**dict(zip(names, parts, strict=True)))
        return call(parts[0] if len(parts) == 1 else dict(zip(names, parts, strict=True)))


@contextmanager
def plainly_called(model: Any, dataset: Any) -> Iterator[Any]:
    """Within it ``model`` takes and gives what everything here expects; gives ``dataset`` as pairs of that form.

    A network that takes one tensor and gives N x classes scores, and a data set of pairs, are left as they are.

    Raises:
        BadDataset: as for `in_plain_form`.
        UnsupportedModel: parametrizations of the outermost module of a network that is not left as it is.
    """
    examples, form = in_plain_form(dataset)
    if isinstance(examples, TargetDataset):
        form = examples.form
    if not isinstance(model, nn.Module) or isinstance(model, PlainCall):
        yield examples
        return
    if form is None and _is_plain(model, examples):
        yield examples
        return
    with behind_plain_call(model, form, gives_classes=not isinstance(examples, TargetDataset)):
        yield examples


@contextmanager
def behind_plain_call(
    model: nn.Module, form: ExampleForm | None, *, gives_classes: bool = True
) -> Iterator[None]:
    """Within it ``model`` takes inputs packed as ``form`` says, or one tensor, and gives N x classes scores.

    Raises:
        UnsupportedModel: parametrizations of the outermost module.
    """
    if parametrize.is_parametrized(model):
        raise UnsupportedModel(
            "model: a network without parametrizations of its outermost module needed, since its inputs or outputs "
            "are to be converted; call netrazor.networks.make_plain on it first"
        )
    own = type(model)
    content = {"__module__": own.__module__, "__qualname__": own.__qualname__}
    model.__class__ = type(own.__name__, (PlainCall, own), content)
    cast(PlainCall, model).take_form(form, gives_classes=gives_classes)
    try:
        yield
    finally:
        model.__class__ = own
        del vars(model)["_example_form"]


def own_class(value: object) -> type:
    """The class of an object, of a network behind a `PlainCall` the one that it has by itself."""
    cls = type(value)
    return cls.__mro__[2] if PlainCall in cls.__mro__[1:2] else cls


def on_plain_form(call: Callable[..., Result]) -> Callable[..., Result]:
    """A function of a network, a data set and more, called with both in the plain form."""

    @functools.wraps(call)
    def adapted(model: Any, dataset: Any, *others: Any, **options: Any) -> Result:
        if isinstance(model, nn.Module):
            model = unwrapped(model)
        with plainly_called(model, dataset) as examples:
            return call(model, examples, *others, **options)

    return adapted


def scores_in(output: Any) -> Tensor:
    """The scores in what a network returns: N x classes.

    A tensor; the first of a tuple or list; what is held as ``logits`` in an object or a dictionary. A single number
    for each example stands for two classes: above 0 is the second, and 0 a tie.

    Raises:
        UnsupportedModel: none of these.
    """
    scores = outputs_in(output)
    if scores.ndim == 2 and scores.shape[1] == 1:
        return torch.cat([torch.zeros_like(scores), scores], dim=1)
    return scores


def outputs_in(output: Any) -> Tensor:
    """The tensor in what a network returns, as `scores_in` finds it; a single number for each example as N x 1.

    Raises:
        UnsupportedModel: none of these.
    """
    if isinstance(output, Mapping) and "logits" in output:
        output = output["logits"]
    elif isinstance(getattr(output, "logits", None), Tensor):
        output = output.logits
    elif isinstance(output, (tuple, list)) and output:
        output = output[0]
    if not isinstance(output, Tensor):
        raise UnsupportedModel(
            f"output: a tensor of scores, a tuple that begins with one, or something with .logits needed, got "
            f"{type(output).__name__}; wrap the network in a module that returns class scores"
        )
    found: Tensor = output[:, None] if output.ndim == 1 else output
    return found


def _is_plain(model: nn.Module, examples: Any) -> bool:
    """Whether the network gives N x classes scores for two examples; if it fails, that is for others to say."""
    was_training = [module for module in model.modules() if module.training]
    try:
        inputs = torch.stack([torch.as_tensor(examples[place][0]) for place in range(min(2, len(examples)))])
        wanted = _of_type(model, inputs)
        weights = next(model.parameters(), wanted)
        with torch.inference_mode():
            output = model.eval()(wanted.to(weights.device))
    except Exception:
        return True
    finally:
        for module in was_training:
            module.training = True
    is_single = isinstance(output, Tensor) and output.shape in ((len(inputs),), (len(inputs), 1))
    if isinstance(examples, TargetDataset):
        is_single = isinstance(output, Tensor) and output.ndim == 1
    return isinstance(output, Tensor) and not is_single and wanted.dtype == inputs.dtype


def _of_type(model: nn.Module, part: Tensor) -> Tensor:
    """Float64 inputs of tables as float32, for a network of float32 weights."""
    if part.dtype != torch.float64:
        return part
    weights = next((p for p in model.parameters() if p.is_floating_point()), part)
    return part.float() if weights.dtype == torch.float32 else part


def _takes(call: Any, names: list[str]) -> bool:
    """Whether all ``names`` are parameters of ``call``."""
    parameters = inspect.signature(call).parameters
    takes_any = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return takes_any or all(name in parameters for name in names)
