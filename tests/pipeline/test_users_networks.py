"""What people bring: each kind of network is certified, verified and loaded, or refused with what to do."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from networks_of_users import CLASSES, Tokens, images
from test_any_network import CUT, SHORT
from torch import Tensor, nn
from torch.nn.utils import parametrizations, prune
from torch.utils.data import Dataset

import netrazor
from netrazor.counting import in_order
from netrazor.errors import CheckpointMismatch, ConfigurationError, UnsupportedModel
from netrazor.networks import load_weights, make_plain
from netrazor.pipeline import Recipe, RunConfiguration, recipe_named, run
from netrazor.pipeline.stages import QuantizeStage
from netrazor.runtime import Silent


class Net(nn.Module):
    """A network from the function that makes its parts and the one that uses them."""

    def __init__(self, make: Callable[[Any], None], use: Callable[[Any, Tensor], Any]) -> None:
        super().__init__()
        make(self)
        self.use = use

    def forward(self, x: Tensor) -> Any:
        return self.use(self, x)


def grey() -> Dataset[tuple[Tensor, int]]:
    return images((1, 8, 8))


def colour() -> Dataset[tuple[Tensor, int]]:
    return images((3, 8, 8))


def mlp(hidden: Callable[[nn.Module], nn.Module] = lambda layer: layer) -> nn.Sequential:
    return nn.Sequential(nn.Flatten(), hidden(nn.Linear(64, 8)), nn.ReLU(), nn.Linear(8, CLASSES))


def custom_head() -> nn.Module:
    body = nn.Sequential(
        nn.Conv2d(3, 6, 3), nn.BatchNorm2d(6), nn.ReLU(inplace=True), nn.AdaptiveAvgPool2d(1)
    )
    return nn.Sequential(body, nn.Flatten(), nn.Dropout(0.5), nn.Linear(6, CLASSES))


def many_norms() -> nn.Module:
    grouped = nn.Conv2d(8, 8, 3, groups=4, dilation=2)
    norm = nn.InstanceNorm2d(8, affine=True, track_running_stats=True)
    layers = [nn.Conv2d(3, 8, 3), nn.GroupNorm(2, 8), nn.SiLU(), grouped, norm, nn.PReLU(8), nn.Flatten()]
    return nn.Sequential(*layers, nn.Linear(32, CLASSES))


def transposed() -> nn.Module:
    up = nn.ConvTranspose2d(4, 4, 2, stride=2)
    return nn.Sequential(nn.Conv2d(3, 4, 3, 2), nn.ReLU(), up, nn.Flatten(), nn.Linear(144, CLASSES))


def pruned() -> nn.Module:
    model = mlp()
    for layer in (model[1], model[3]):
        prune.l1_unstructured(layer, "weight", 0.5)
        prune.random_unstructured(layer, "bias", 0.3)
    prune.ln_structured(model[1], "weight", 0.25, n=2, dim=0)
    return model


def shared() -> nn.Module:
    twice = nn.Linear(8, 8)
    return nn.Sequential(nn.Flatten(), nn.Linear(64, 8), twice, nn.ReLU(), twice, nn.Linear(8, CLASSES))


def attention() -> nn.Module:
    def make(net: Any) -> None:
        net.attend = nn.MultiheadAttention(8, 2, batch_first=True)
        net.norm, net.fc = nn.LayerNorm(8), nn.Linear(8, CLASSES)

    def use(net: Any, x: Tensor) -> Tensor:
        rows = x[:, 0]
        return net.fc(net.norm(rows + net.attend(rows, rows, rows, need_weights=False)[0]).mean(1))

    return Net(make, use)


def encoder() -> nn.Module:
    def make(net: Any) -> None:
        net.encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 1)
        net.token, net.fc = nn.Parameter(torch.randn(1, 1, 8)), nn.Linear(8, CLASSES)

    def use(net: Any, x: Tensor) -> Tensor:
        return net.fc(net.encoder(torch.cat([net.token.expand(len(x), -1, -1), x[:, 0]], 1))[:, 0])

    return Net(make, use)


def recurrent(kind: type[nn.Module]) -> nn.Module:
    def make(net: Any) -> None:
        net.embed, net.cells = nn.Embedding(40, 4), kind(4, 6, batch_first=True, bidirectional=True)  # type: ignore[call-arg]
        net.fc = nn.Linear(12, CLASSES)

    return Net(make, lambda net, tokens: net.fc(net.cells(net.embed(tokens))[0][:, -1]))


def bags() -> nn.Module:
    def make(net: Any) -> None:
        net.embed, net.bag = nn.Embedding(40, 4, padding_idx=0), nn.EmbeddingBag(40, 4, mode="mean")
        net.fc = nn.Linear(8, CLASSES)

    return Net(make, lambda net, t: net.fc(torch.cat([net.embed(t).mean(1), net.bag(t)], 1)))


def converting(dtype: torch.dtype) -> nn.Module:
    def make(net: Any) -> None:
        net.first, net.last = nn.Linear(64, 8).to(dtype), nn.Linear(8, CLASSES).to(dtype)

    return Net(make, lambda net, x: net.last(torch.relu(net.first(x.flatten(1).to(dtype)))).float())


def lists_of_settings() -> nn.Module:
    def make(net: Any) -> None:
        net.settings = [{"size": 8, "relu": True}, {"size": CLASSES, "relu": False}]
        net.weights = nn.ParameterList([torch.randn(64, 8), torch.randn(8, CLASSES)])
        net.shifts = nn.ParameterDict({"0": torch.zeros(8), "1": torch.zeros(CLASSES)})

    def use(net: Any, x: Tensor) -> Tensor:
        x = x.flatten(1)
        for number, setting in enumerate(net.settings):
            x = x @ net.weights[number] + net.shifts[str(number)]
            x = x.relu() if setting["relu"] else x
        return x

    return Net(make, use)


def scaling_buffers() -> nn.Module:
    def make(net: Any) -> None:
        net.register_buffer("mean", torch.tensor([0.491, 0.482, 0.447]).view(1, 3, 1, 1))
        net.register_buffer("deviation", torch.tensor([0.2, 0.25, 0.3]).view(1, 3, 1, 1), persistent=False)
        net.conv, net.fc = nn.Conv2d(3, 4, 3), nn.Linear(4, CLASSES)

    return Net(make, lambda net, x: net.fc(net.conv((x - net.mean) / net.deviation).relu().mean((2, 3))))


def frozen() -> nn.Module:
    model = mlp()
    model[1].requires_grad_(False)
    return model


BROUGHT = {
    "custom head": (custom_head, colour),
    "norms of all kinds": (many_norms, colour),
    "transposed convolution": (transposed, colour),
    "pruned several times": (pruned, grey),
    "weight norm": (lambda: mlp(parametrizations.weight_norm), grey),
    "old weight norm": (lambda: mlp(nn.utils.weight_norm), grey),
    "spectral norm": (lambda: mlp(parametrizations.spectral_norm), grey),
    "orthogonal": (lambda: mlp(parametrizations.orthogonal), grey),
    "shared": (shared, grey),
    "attention": (attention, grey),
    "transformer encoder": (encoder, grey),
    "lstm": (lambda: recurrent(nn.LSTM), Tokens),
    "gru": (lambda: recurrent(nn.GRU), Tokens),
    "embedding bags": (bags, Tokens),
    "float64": (lambda: converting(torch.float64), grey),
    "bfloat16": (lambda: converting(torch.bfloat16), grey),
    "lists of settings": (lists_of_settings, grey),
    "scaling buffers": (scaling_buffers, colour),
    "frozen layers": (frozen, grey),
    "DataParallel": (lambda: nn.DataParallel(mlp()), grey),
}


@pytest.mark.parametrize("recipe", ["as-is", CUT], ids=["as-is", "cut"])
@pytest.mark.parametrize("kind", BROUGHT)
def test_it_is_certified_verified_and_loaded(kind: str, recipe: str | Recipe, tmp_path: Path) -> None:
    build, data = BROUGHT[kind]
    torch.manual_seed(0)
    model, fresh = build(), build()
    certificate = netrazor.certify(model, data(), recipe=recipe, out=tmp_path)
    assert certificate.n == len(data())  # type: ignore[arg-type]
    inputs = next(in_order(data(), 4))[0]
    before = fresh.eval()(inputs)
    assert netrazor.verify(tmp_path, data(), model=fresh).status == "VALID"
    loaded = netrazor.load(tmp_path, model=fresh)
    with torch.inference_mode():
        assert torch.equal(loaded(inputs), model.eval()(inputs))
    assert torch.allclose(fresh.eval()(inputs), before), "the network that was passed is left as it was"


def with_compiled_layer() -> nn.Module:
    model = mlp()
    model[1] = torch.compile(model[1], backend="eager")  # type: ignore[call-overload]
    return model


def averaged() -> nn.Module:
    model = torch.optim.swa_utils.AveragedModel(mlp())
    model.update_parameters(mlp())
    return model


WRAPPED = {
    "pruned": pruned,
    "weight norm": lambda: mlp(parametrizations.weight_norm),
    "old weight norm": lambda: mlp(nn.utils.weight_norm),
    "spectral norm": lambda: mlp(parametrizations.spectral_norm),
    "DataParallel": lambda: nn.DataParallel(mlp()),
    "DataParallel of a part": lambda: nn.Sequential(*(nn.DataParallel(part) for part in mlp())),
    "compiled": lambda: torch.compile(mlp(), backend="eager"),
    "a compiled layer": with_compiled_layer,
    "averaged": averaged,
    "averaged, compiled, parallel": lambda: nn.DataParallel(torch.compile(averaged(), backend="eager")),
}


@pytest.mark.parametrize("kind", WRAPPED)
def test_it_is_verified_with_the_plain_class(kind: str, tmp_path: Path) -> None:
    """What training put around a network is no part of it: neither names, nor order, nor source."""
    torch.manual_seed(0)
    netrazor.certify(WRAPPED[kind](), grey(), recipe="as-is", out=tmp_path / "a")
    assert netrazor.verify(tmp_path / "a", grey(), model=mlp()).status == "VALID"
    certificate = netrazor.certify_hold_out(WRAPPED[kind](), grey(), spent=12, out=tmp_path / "b")
    assert certificate.method == "hold-out"
    assert netrazor.verify(tmp_path / "b", grey(), model=mlp()).status == "VALID"


@pytest.mark.parametrize("recipe", ["post-training", "quick"])
def test_half_precision_through_every_stage(recipe: str, tmp_path: Path) -> None:
    whole = recipe_named(recipe)
    if whole.train is not None and whole.quantize is not None:
        prune_few = tuple(replace(stage, fit=SHORT) for stage in whole.prune)  # type: ignore[type-var]
        quantize = replace(whole.quantize, fit=SHORT)
        whole = replace(whole, train=SHORT, prune=prune_few, quantize=quantize)
    torch.manual_seed(0)
    netrazor.certify(converting(torch.bfloat16), grey(), recipe=replace(whole, noise=None), out=tmp_path)
    assert netrazor.verify(tmp_path, grey(), model=converting(torch.bfloat16)).status == "VALID"


def test_a_causal_mask_in_a_buffer(tmp_path: Path) -> None:
    """It holds minus infinity; it is a constant, and comes back to the bit."""

    def build() -> nn.Module:
        def make(net: Any) -> None:
            net.attend, net.fc = nn.MultiheadAttention(8, 2, batch_first=True), nn.Linear(8, CLASSES)
            net.register_buffer("mask", torch.full((8, 8), float("-inf")).triu(1))

        def use(net: Any, x: Tensor) -> Tensor:
            rows = x[:, 0]
            return net.fc(net.attend(rows, rows, rows, attn_mask=net.mask, need_weights=False)[0].mean(1))

        return Net(make, use)

    for recipe in ("as-is", CUT):
        netrazor.certify(build(), grey(), recipe=recipe, out=tmp_path, overwrite=True)
        assert netrazor.verify(tmp_path, grey(), model=build()).status == "VALID"
        loaded: Any = netrazor.load(tmp_path, model=build())
        assert torch.equal(loaded.mask, build().mask)  # type: ignore[arg-type]


def lazy() -> nn.Module:
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(CLASSES))


def packed() -> nn.Module:
    """A quantized layer of a kind that is not made plain."""
    return nn.Sequential(
        torch.ao.nn.quantized.ConvTranspose2d(1, 1, 3), nn.Flatten(), nn.Linear(100, CLASSES)
    )


def returning(what: Callable[[Tensor], Any]) -> nn.Module:
    return Net(
        lambda net: setattr(net, "fc", nn.Linear(64, CLASSES)), lambda net, x: what(net.fc(x.flatten(1)))
    )


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (
            lambda: mlp().double(),
            r"inputs are torch\.float32 and the weights torch\.float64: call model\.float",
        ),
        (lambda: mlp().bfloat16(), r"the weights torch\.bfloat16: call model\.float"),
        (lazy, "run one forward pass first"),
        (packed, "as it was before torch.ao quantized it"),
        (lambda: torch.jit.script(mlp()), "bring the eager module"),
        (lambda: returning(lambda scores: {"boxes": scores}), "got dict"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_refused_says_what_to_do(build: Callable[[], nn.Module], message: str) -> None:
    with pytest.raises(UnsupportedModel, match=message):
        netrazor.certify(build(), grey(), recipe="as-is")


def test_a_network_pruned_to_nothing() -> None:
    model = mlp()
    for parameter in model.parameters():
        parameter.data.zero_()
    with pytest.raises(
        ConfigurationError, match="all weights are zero, so nothing is left to train; prune less"
    ):
        netrazor.certify(model, grey(), recipe=Recipe("q", quantize=QuantizeStage(SHORT), noise=None))
    assert netrazor.certify(model, grey(), recipe="as-is").message_bytes < 40


class Stop(Silent):
    """Presses Ctrl-C at the third step."""

    left = 3

    def stage(self, name: str, steps: int, done: int = 0) -> AbstractContextManager[Any]:
        def tick(_: int = 1) -> None:
            self.left -= 1
            if not self.left:
                raise KeyboardInterrupt

        return nullcontext(tick)


def test_a_changed_loss_is_another_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.train.checkpoint.Checkpoint.due", lambda self: True)

    def certify(smoothing: float, reporter: Silent | None = None) -> netrazor.Certificate:
        torch.manual_seed(0)
        loss = partial(nn.functional.cross_entropy, label_smoothing=smoothing)
        recipe = replace(CUT, train=replace(SHORT, steps=6))
        configuration = RunConfiguration(
            recipe=recipe, out=tmp_path, loss=loss, reporter=reporter or Silent()
        )
        return run(mlp(), grey(), configuration).issued.certificate

    with pytest.raises(KeyboardInterrupt):
        certify(0.1, Stop())
    with pytest.raises(CheckpointMismatch, match="belongs to another run"):
        certify(0.2)
    assert certify(0.1).n == len(grey())  # type: ignore[arg-type]


@pytest.mark.parametrize("prefix", ["", "module.", "_orig_mod.", "model."])
def test_weights_under_the_names_that_wrappers_give(prefix: str) -> None:
    source, model = pruned(), mlp()
    load_weights(model, {prefix + name: tensor for name, tensor in source.state_dict().items()})
    assert torch.equal(model[1].weight, source[1].weight)


def test_weights_and_masks_into_a_network_with_masks() -> None:
    source, model = pruned(), pruned()
    load_weights(model, source.state_dict())
    assert torch.equal(make_plain(model)[1].weight, make_plain(source)[1].weight)  # type: ignore[index]
