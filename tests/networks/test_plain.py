"""Pruned, parametrized and normalized layers made plain: the same function, no hooks, idempotent."""

import copy
import threading
import types
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.nn.utils import parametrizations, prune

from netrazor.errors import UnsupportedModel
from netrazor.networks import coded_state, load_weights, make_plain, read_weights, source_digest
from netrazor.networks.plain import plain_copy


def pruned() -> nn.Module:
    model = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    prune.l1_unstructured(model[0], "weight", amount=0.5)
    prune.random_structured(model[0], "weight", amount=2, dim=0)
    prune.global_unstructured([(model[2], "weight"), (model[2], "bias")], prune.L1Unstructured, amount=0.3)
    return model


def old_norms() -> nn.Module:
    with pytest.warns(FutureWarning):
        first = torch.nn.utils.weight_norm(nn.Linear(6, 8))
    return nn.Sequential(first, nn.ReLU(), torch.nn.utils.spectral_norm(nn.Linear(8, 3)))


def new_norms() -> nn.Module:
    first = parametrizations.weight_norm(nn.Linear(6, 8))
    return nn.Sequential(first, nn.ReLU(), parametrizations.spectral_norm(nn.Linear(8, 3)))


@pytest.mark.parametrize("make", [pruned, old_norms, new_norms])
def test_plain_network_computes_the_same(make) -> None:
    model = make().eval()
    x = torch.randn(5, 6)
    with torch.no_grad():
        expected = model(x)
    plain = make_plain(model)
    assert plain is model
    assert torch.allclose(model(x), expected, atol=1e-6)
    state = coded_state(model)
    assert set(state) == {"0.weight", "0.bias", "2.weight", "2.bias"}
    again = coded_state(make_plain(model))
    assert all((again[name] == state[name]).all() for name in state)


def test_plain_network_keeps_the_zeros_of_its_masks() -> None:
    model = make_plain(pruned())
    assert (model[0].weight == 0).sum() >= 24


def test_quantized_parameters_become_dense_and_stay_shared() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    quantized = torch.quantize_per_tensor(model[0].weight.detach(), 0.1, 0, torch.qint8)
    expected = quantized.dequantize()
    for layer in model:
        layer._parameters["weight"] = nn.Parameter(quantized, requires_grad=False)
    model[1].weight = model[0].weight
    make_plain(model)
    assert model[0].weight is model[1].weight
    assert torch.equal(model[0].weight, expected)


def test_what_torchao_hangs_on_a_layer_to_print_it_is_no_state() -> None:
    layer = nn.Linear(4, 4)
    layer.extra_repr = types.MethodType(partial(lambda own, self: own(), layer.extra_repr), layer)
    assert set(coded_state(plain_copy(copy.deepcopy(layer)))) == {"weight", "bias"}


def test_a_network_that_torchao_quantized() -> None:
    quantization = pytest.importorskip(
        "torchao.quantization", reason="torchao is not installed: NOT TESTED with it"
    )
    model = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 3))
    quantization.quantize_(model, quantization.Int8WeightOnlyConfig())
    x = torch.randn(5, 64)
    expected, copied = model(x), copy.deepcopy(model)
    for plain in (make_plain(model), plain_copy(copied)):
        assert set(coded_state(plain)) == {"0.weight", "0.bias", "2.weight", "2.bias"}
        assert torch.allclose(plain(x), expected, atol=1e-4)


@pytest.mark.parametrize("make", [pruned, old_norms, new_norms])
def test_arrays_come_in_the_order_of_the_plain_class(make) -> None:
    """So that a certificate of the pruned network is verified with the class alone."""
    plain = nn.Sequential(nn.Linear(6, 8), nn.ReLU(), nn.Linear(8, 3))
    assert list(coded_state(make_plain(make()))) == list(coded_state(plain))


@pytest.mark.parametrize("attribute", [threading.Lock(), memoryview(b"abc"), (number for number in range(3))])
def test_a_network_that_cannot_be_copied(attribute: object) -> None:
    model = nn.Linear(2, 2)
    model.extra = attribute
    with pytest.raises(UnsupportedModel, match="cannot be copied"):
        plain_copy(model)


@pytest.mark.filterwarnings("ignore:torch.ao.quantization is deprecated", "ignore:Please use quant_min")
@pytest.mark.parametrize("each", ["default_dynamic_qconfig", "per_channel_dynamic_qconfig"])
def test_layers_that_torch_quantized_dynamically_are_plain(each: str, tmp_path: Path) -> None:
    model = nn.Sequential(nn.Linear(16, 24), nn.ReLU(), nn.Linear(24, 3, bias=False))
    spec = {nn.Linear: getattr(torch.ao.quantization, each)}
    packed = torch.ao.quantization.quantize_dynamic(model, spec)
    plain = plain_copy(packed)
    assert isinstance(plain[0], nn.Linear)
    assert torch.equal(plain[0].weight, packed[0].weight().dequantize())
    assert list(plain.state_dict()) == list(model.state_dict())
    x = torch.randn(5, 16)
    assert torch.allclose(plain(x), packed(x), atol=0.05)  # its activations are exact now
    torch.save(packed.state_dict(), tmp_path / "packed.pt")
    load_weights(model, read_weights(tmp_path / "packed.pt"))
    assert all(map(torch.equal, model.state_dict().values(), plain.state_dict().values()))


def test_a_module_that_was_compiled_in_place_is_plain() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    expected = source_digest(model), list(coded_state(model))
    model.compile(backend="eager")
    model[0].compile(backend="eager")
    make_plain(model)
    assert all(module._compiled_call_impl is None for module in model.modules())
    assert (source_digest(model), list(coded_state(model))) == expected


@pytest.mark.parametrize("wrap", [nn.DataParallel, partial(torch.compile, backend="eager")])
def test_what_is_wrapped_is_the_network_inside(wrap: Callable[[nn.Module], nn.Module]) -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.ReLU())
    expected = source_digest(model), list(coded_state(model))
    assert make_plain(wrap(model)) is model
    plain = plain_copy(wrap(model))
    assert (source_digest(plain), list(coded_state(plain))) == expected


@pytest.mark.parametrize("wrap", [nn.DataParallel, partial(torch.compile, backend="eager")])
def test_a_part_that_is_wrapped_is_the_layer_inside(wrap: Callable[[nn.Module], nn.Module]) -> None:
    first, last = nn.Linear(3, 4), nn.Linear(4, 2)
    model = make_plain(nn.Sequential(wrap(first), nn.ReLU(), nn.Sequential(wrap(last))))
    assert model[0] is first
    assert model[2][0] is last
    assert list(coded_state(model)) == ["0.weight", "0.bias", "2.0.weight", "2.0.bias"]


def test_what_ran_in_several_processes_is_plain() -> None:
    model = nn.Linear(3, 2)
    torch.distributed.init_process_group("gloo", store=torch.distributed.HashStore(), rank=0, world_size=1)
    try:
        wrapped = nn.parallel.DistributedDataParallel(model)
        assert make_plain(wrapped) is model
        assert list(coded_state(plain_copy(wrapped))) == ["weight", "bias"]
    finally:
        torch.distributed.destroy_process_group()
