"""A network as the earlier theorems see it: affine maps, one after another, with simple maps between.

NBS18 and Aro+18 are about chains of affine maps with ReLU. Their proofs use two things of what stands between:
it is 1-Lipschitz in the Euclidean norm and commutes with positive factors. ReLU, max-pooling over disjoint
windows and reshaping do both, so a chain here may have all of these.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch import Tensor, fx, nn
from torch.nn import functional as F

from netrazor.errors import UnsupportedModel

Affine = nn.Linear | nn.Conv2d
Step = Callable[[Tensor], Tensor]
_RELU = {nn.ReLU, F.relu, torch.relu, "relu"}
_POOL = {nn.MaxPool2d, F.max_pool2d}
_SCALE = {operator.mul, operator.add, operator.sub, operator.truediv}
_RESHAPE = {nn.Flatten, nn.Identity, nn.Dropout, F.dropout, torch.flatten, "flatten", "reshape", "view"}


@dataclass
class Layer:
    """An affine map and what follows it.

    Attributes:
        name: of its module.
        affine: linear, or a convolution without groups or dilation.
        input_shape: of one example.
        output_shape: of one example, before what follows.
        after: what follows, in order.
        conditions: signs that decide which piece of what follows is taken: one for each ReLU, one for each
            pair of entries compared in max-pooling.
    """

    name: str
    affine: Affine
    input_shape: tuple[int, ...]
    output_shape: tuple[int, ...]
    after: list[Step] = field(default_factory=list)
    conditions: int = 0

    @property
    def parameters(self) -> int:
        """How many numbers the map has."""
        return sum(p.numel() for p in self.affine.parameters())

    def activated(self, x: Tensor) -> Tensor:
        """What follows, applied to outputs ``x`` of the affine map."""
        for step in self.after:
            x = step(x)
        return x


@dataclass
class Chain:
    """``before``, fixed in advance, scales and reshapes the input; then the layers."""

    layers: list[Layer]
    before: list[Step]
    input_shape: tuple[int, ...]

    def prepared(self, inputs: Tensor) -> Tensor:
        """What the first layer sees of ``inputs``."""
        for step in self.before:
            inputs = step(inputs)
        return inputs

    @property
    def widest(self) -> int:
        """Most entries that any layer takes or gives, for one example."""
        return max(
            math.prod(shape) for layer in self.layers for shape in (layer.input_shape, layer.output_shape)
        )

    @property
    def input_radius(self) -> float:
        """Largest norm that the first layer can see of an input with entries in [0, 1]."""
        with torch.no_grad():
            corners = torch.stack([torch.zeros(self.input_shape), torch.ones(self.input_shape)]).double()
            return float(self.prepared(corners).flatten(1).abs().amax(0).norm())


def chain_of(model: nn.Module, example: Tensor) -> Chain:
    """The chain that ``model`` computes in evaluation mode.

    Args:
        model: traced symbolically; it is not changed.
        example: inputs, N x ..., of the shape that the network takes.

    Raises:
        UnsupportedModel: branches, normalization, or a map that the theorems do not cover.
    """
    try:
        graph = fx.symbolic_trace(model.eval()).graph
    except Exception as error:
        raise UnsupportedModel(f"model: its forward pass cannot be traced: {error}") from error
    modules, x, last = dict(model.named_modules()), example, None
    shapes: set[fx.Node] = set()
    chain = Chain([], [], tuple(example.shape[1:]))
    with torch.no_grad():
        for node in graph.nodes:
            if node.op == "placeholder" and last is None:
                last = node
            elif _about_shape(node, shapes):
                shapes.add(node)
            elif node.op != "output":
                if [given for given in node.all_input_nodes if given not in shapes] != [last]:
                    raise UnsupportedModel(
                        f"{node.name}: each step must take the one before it alone; the theorem is for chains"
                    )
                step = _step(node, modules)
                result = step(x)
                _append(chain, node, step, x, result)
                x, last = result, node
    if not chain.layers or chain.layers[-1].conditions:
        raise UnsupportedModel("model: must end in an affine map; the theorem is about its scores")
    return chain


def _about_shape(node: fx.Node, shapes: set[fx.Node]) -> bool:
    """Whether the node asks for the shape of a tensor, or takes a number from one."""
    if node.target is getattr:
        return node.args[1] == "shape"
    return node.target == "size" or (node.target is operator.getitem and node.args[0] in shapes)


def _step(node: fx.Node, modules: dict[str, nn.Module]) -> Step:
    """The node as a function of the tensor before it; reshaping, whose order means nothing here, as flattening."""
    if node.op == "call_module":
        return modules[str(node.target)]
    if node.target in ("view", "reshape"):
        return nn.Flatten()

    def call(x: Tensor) -> Tensor:
        args = fx.node.map_arg(node.args, lambda _: x)
        kwargs = fx.node.map_arg(node.kwargs, lambda _: x)
        target = getattr(Tensor, node.target) if isinstance(node.target, str) else node.target
        result: Tensor = target(*args, **kwargs)
        return result

    return call


def _append(chain: Chain, node: fx.Node, step: Step, x: Tensor, result: Tensor) -> None:
    kind = type(step) if isinstance(step, nn.Module) else node.target
    if isinstance(step, nn.Linear | nn.Conv2d) and _without_groups(step):
        chain.layers.append(Layer(node.name, step, tuple(x.shape[1:]), tuple(result.shape[1:])))
    elif not chain.layers and kind in _SCALE | _RESHAPE:
        chain.before.append(step)
    elif chain.layers and kind in _RELU | _RESHAPE:
        chain.layers[-1].after.append(step)
        chain.layers[-1].conditions += x[0].numel() if kind in _RELU else 0
    elif chain.layers and kind in _POOL and x[0].numel() % result[0].numel() == 0 and _disjoint(node, step):
        window = x[0].numel() // result[0].numel()
        chain.layers[-1].after.append(step)
        chain.layers[-1].conditions += result[0].numel() * math.comb(window, 2)
    else:
        raise UnsupportedModel(
            f"{node.name}: affine maps, ReLU, max-pooling over disjoint windows that cover everything and "
            f"reshaping are what the theorem covers; got {kind}"
        )


def _without_groups(affine: Affine) -> bool:
    """Whether it is linear, or a convolution without groups or dilation."""
    return isinstance(affine, nn.Linear) or (affine.groups == 1 and set(affine.dilation) == {1})


def _disjoint(node: fx.Node, step: Step) -> bool:
    """Whether the windows of max-pooling are as far apart as they are wide."""
    if isinstance(step, nn.MaxPool2d):
        return step.stride == step.kernel_size and not step.padding
    given = dict(zip(("kernel_size", "stride", "padding"), node.args[1:], strict=False)) | node.kwargs
    return given.get("stride") in (None, given["kernel_size"]) and not given.get("padding")
