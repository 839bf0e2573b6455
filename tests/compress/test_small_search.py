"""Search among whole numbers: exact counts of every change, prices near the coder's, and a bound that only falls."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor import bounds
from netrazor.certification.charging import charge
from netrazor.compress import SearchContext, SmallSearchConfig, make_constant, search_small, search_starts
from netrazor.compress.integer_prices import count_values, move_prices, tensor_bits
from netrazor.compress.integer_tail import IntegerTail, Moves
from netrazor.compress.linear_tail import LinearTail, read_tail
from netrazor.compress.loss_derivatives import loss_derivatives
from netrazor.compress.row_descent import DescentTerms, descend
from netrazor.compress.search_starts import bias_units
from netrazor.counting import count_errors
from netrazor.data import TableDataset, table_of
from netrazor.errors import UnsupportedModel
from netrazor.networks.network_message import encode
from netrazor.networks.plain_call import plainly_called

GRIDS = ((-2, -1, 0, 1, 2), (-5, -1, 0, 3))


def blobs(n: int = 60, classes: int = 3, seed: int = 0) -> TableDataset:
    """Whole numbers, so that no rounding decides an answer, around a centre for each class."""
    random = np.random.default_rng(seed)
    labels = random.integers(classes, size=n)
    inputs = 3 * np.eye(classes, 5)[labels] + random.integers(-1, 2, size=(n, 5))
    return table_of(inputs.astype(np.float32), labels)


def tail_of(
    dataset: TableDataset, sizes: tuple[int, ...], activation: object = F.relu, bias: bool = True
) -> LinearTail:
    layers = tuple(nn.Linear(a, b, bias=bias) for a, b in itertools.pairwise(sizes))
    return LinearTail(layers, activation, dataset.inputs, dataset.labels)


def errors_by_hand(tail: LinearTail, integers: list[np.ndarray], steps: tuple[float, ...]) -> int:
    sums = tail.inputs
    for place, (matrix, step) in enumerate(zip(integers, steps, strict=True)):
        real = torch.from_numpy(matrix * step).float()
        sums = (tail.activation(sums) if place else sums) @ real[:, :-1].T + real[:, -1]
    scores = torch.cat([torch.zeros(len(sums), 1), sums], 1) if sums.shape[1] == 1 else sums
    own = scores.gather(1, tail.labels[:, None])
    return int(((scores >= own).sum(1) != 1).sum())


@pytest.mark.parametrize("sizes", [(5, 3), (5, 1), (5, 4, 3), (5, 4, 1)])
@pytest.mark.parametrize("activation", [F.relu, torch.abs])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_errors_of_every_change_are_exact(sizes: tuple[int, ...], activation: object, seed: int) -> None:
    random = np.random.default_rng(seed)
    tail = tail_of(blobs(classes=2 if sizes[-1] == 1 else 3), sizes, activation)
    steps = (0.5, 1.0)[: len(sizes) - 1]
    state = IntegerTail(tail, GRIDS, steps)
    integers = [random.choice(GRIDS[0], size=matrix.shape) for matrix in state.integers]
    state.put(integers)
    assert state.errors() == errors_by_hand(tail, integers, steps)
    for layer, matrix in enumerate(integers):
        row = int(random.integers(len(matrix)))
        moves = state.moves(layer, row)
        best_bias = sizes[-1] == 1 and layer + 1 == len(integers)
        assert len(moves.columns) == 5 * (matrix.shape[1] - 1) + (1 if best_bias else 4)
        for at in random.choice(len(moves.columns), 12, replace=False):
            changed = [held.copy() for held in integers]
            changed[layer][row, moves.columns[at]] = moves.values[at]
            changed[layer][row, -1] = moves.biases[at]
            assert moves.errors[at] == errors_by_hand(tail, changed, steps)
            before = state.bits()
            state.put(changed)
            assert state.bits() - before == pytest.approx(moves.bits[at], abs=1e-6)
            state.put(integers)
        state.change(layer, row, int(moves.columns[-1]), int(moves.values[-1]), int(moves.biases[-1]))
        assert state.errors() == moves.errors[-1]
        integers = [held.copy() for held in state.integers]


@pytest.mark.parametrize("outputs", [1, 3])
def test_of_many_changes_those_of_weights_in_use_are_counted_and_the_most_promising_others(
    outputs: int,
) -> None:
    random = np.random.default_rng(3)
    dataset = blobs(classes=max(2, outputs))
    state = IntegerTail(tail_of(dataset, (5, outputs)), GRIDS, (1.0,))
    state.put([random.choice([0, 0, 1], size=matrix.shape) for matrix in state.integers])
    state.integers[0][0, :2] = 0, 1
    state.put(state.integers)
    every, some = state.moves(0, 0), state.moves(0, 0, most=2)
    known, found = ({one[:3]: one[3] for one in listed(moves)} for moves in (every, some))
    assert found.items() <= known.items()
    old = state.integers[0][0]
    unused = [key for key in found if key[0] < 5 and old[key[0]] == 0]
    assert len(unused) == 2
    used = {key for key in known if key[0] == 5 or old[key[0]] != 0}
    assert used <= found.keys()


def listed(moves: Moves) -> list[tuple[int, ...]]:
    columns = (moves.columns, moves.values, moves.biases, moves.errors)
    return list(zip(*(column.tolist() for column in columns), strict=True))


def test_the_loss_is_estimated_by_its_derivatives() -> None:
    random = np.random.default_rng(0)
    features = np.append(random.normal(size=(40, 4)), np.ones((40, 1)), 1).astype(np.float32)
    weights, labels = random.normal(size=(5, 3)), random.integers(3, size=40)
    scores = (features @ weights).astype(np.float32)
    centred = scores - scores.mean(1, keepdims=True)
    heat = float(np.abs(centred).mean())

    def loss(matrix: Tensor) -> Tensor:
        logits = torch.from_numpy(features).double() @ matrix / heat
        return F.cross_entropy(logits, torch.from_numpy(labels), reduction="sum")

    matrix = torch.from_numpy(weights).requires_grad_()
    (gradient,) = torch.autograd.grad(loss(matrix), matrix)
    hessian = torch.autograd.functional.hessian(loss, matrix.detach())
    slopes, curvatures = loss_derivatives(features, scores, labels, 1)
    np.testing.assert_allclose(slopes, gradient[:-1, 1], rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(curvatures, [hessian[k, 1, k, 1] for k in range(4)], rtol=1e-4)


def test_two_weights_change_where_neither_gains_alone() -> None:
    random = np.random.default_rng(0)
    hidden, noise = random.choice([-1, 1], size=300), random.integers(-50, 50, size=300)
    dataset = table_of(np.stack([hidden + noise, noise], 1).astype(np.float32), (hidden > 0).astype(np.int64))
    left = []
    for paired in (0, 8):
        state = IntegerTail(tail_of(dataset, (2, 1)), GRIDS, (1.0,))
        descend(state, DescentTerms(per_bit=1.5, most=None, paired=paired), np.random.default_rng(0))
        left.append(state.errors())
    assert left[0] > 100
    assert left[1] == 0


def test_a_weight_takes_the_place_of_another() -> None:
    """The second feature is never wrong, but of no use beside the first; many others cost no errors, only bits."""
    random = np.random.default_rng(0)
    right = random.choice([-1, 1], size=300)
    first = np.where(np.arange(300) < 20, -right, right)
    features = np.column_stack([first, right, np.zeros((300, 30))]).astype(np.float32)
    dataset = table_of(features, (right > 0).astype(np.int64))
    left = []
    for paired in (0, 8):
        state = IntegerTail(tail_of(dataset, (32, 1), bias=False), ((0, 1), (0,)), (1.0,))
        state.put([np.eye(1, 33, dtype=np.int64)])
        descend(state, DescentTerms(per_bit=0.5, most=None, paired=paired), np.random.default_rng(0))
        left.append((state.errors(), *np.flatnonzero(state.integers[0][0]).tolist()))
    assert left == [(20, 0), (0, 1)]


@pytest.mark.parametrize("sizes", [(5, 3), (5, 1), (5, 4, 3)])
def test_a_descent_ends_lower_and_with_what_it_counted(sizes: tuple[int, ...]) -> None:
    tail = tail_of(blobs(classes=2 if sizes[-1] == 1 else 3), sizes)
    state = IntegerTail(tail, GRIDS, (1.0,) * (len(sizes) - 1))
    random = np.random.default_rng(1)
    state.put([random.choice(GRIDS[0], size=matrix.shape) for matrix in state.integers])
    before = state.errors() + 0.3 * state.bits()
    descend(state, DescentTerms(0.3, 4, 6), random)
    assert state.errors() + 0.3 * state.bits() < before
    assert state.errors() == errors_by_hand(tail, state.integers, state.steps)


def test_a_layer_without_biases_has_none_to_change() -> None:
    state = IntegerTail(tail_of(blobs(), (5, 3), bias=False), GRIDS, (1.0,))
    assert state.moves(0, 0).columns.max() == 4
    assert len(state.tensors()) == 1


@settings(max_examples=30, deadline=None)
@given(
    st.integers(1, 10),
    st.integers(5, 60),
    st.lists(st.integers(-3, 3).filter(bool), min_size=1, max_size=4, unique=True),
    st.floats(0.02, 0.5),
    st.integers(0, 2**31),
)
def test_the_estimate_is_near_the_length_of_the_message(
    rows: int, columns: int, values: list[int], share: float, seed: int
) -> None:
    random = np.random.default_rng(seed)
    weight = random.choice(values, size=(rows, columns)) * (random.random((rows, columns)) < share)
    model = nn.Linear(columns, rows, bias=False)
    with torch.no_grad():
        model.weight.copy_(torch.from_numpy(weight))
    found = 3 + tensor_bits(weight.size, count_values(weight), first=True)
    assert abs(found - charge(encode(model, "custom")).charged_bits) < 12 + 0.15 * found


def test_prices_of_changes_are_differences_of_lengths() -> None:
    counts, grid = ((-1, 3), (2, 1)), (-1, 0, 1, 2)
    prices = move_prices(20, counts, grid, 2, first=True)
    now = tensor_bits(20, counts, first=True)
    after = [((-1, 4),), ((-1, 3),), ((-1, 3), (1, 1)), counts]
    assert prices == pytest.approx([tensor_bits(20, c, first=True) - now for c in after])


class Hidden(nn.Module):
    """An activation that is a function, not a module, behind features of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Linear(5, 4), nn.Linear(4, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(torch.tanh(self.first(2 * x)))


def test_the_tail_of_a_network() -> None:
    dataset = blobs()
    model = Hidden()
    tail = read_tail(model, dataset)
    assert tail.layers == (model.first, model.second)
    assert tail.activation is torch.tanh
    assert torch.equal(tail.inputs, 2 * dataset.inputs)
    odd = nn.Sequential(nn.Linear(5, 4), nn.Softmax(1), nn.Linear(4, 3))
    assert read_tail(odd, dataset).layers == (odd[2],)
    with pytest.raises(UnsupportedModel, match=r"the output of a torch\.nn\.Linear"):
        read_tail(nn.Sequential(nn.Linear(5, 3), nn.ReLU()), dataset)
    single = nn.Linear(5, 1)
    two = blobs(classes=2)
    with plainly_called(single, two):
        assert read_tail(single, two).layers == (single,)


@pytest.mark.parametrize(
    "build",
    [
        lambda: nn.Linear(5, 3),
        Hidden,
        lambda: nn.Sequential(nn.Linear(5, 4), nn.ReLU(), nn.Linear(4, 3)),
    ],
    ids=["linear", "hidden", "sequential"],
)
def test_the_bound_that_the_search_gives_is_that_of_the_network(build: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    model, dataset = build(), blobs(300)
    context = SearchContext(dataset, delta=0.05, seed=1)

    def bits() -> float:
        return charge(encode(model, "custom")).charged_bits

    found = search_small(
        model, bits, SmallSearchConfig(kicks=4, polish=10, scales=(2.0,), searched=200), context
    )
    errors = count_errors(model, dataset).errors
    assert found == float(bounds.occam(errors, 300, bits(), 0.05))
    assert found < 0.6
    tail = read_tail(model, dataset)
    for layer in tail.layers:
        assert not (layer.weight.detach() * 2**10 % 1).any()
    again = search_small(model, bits, SmallSearchConfig(kicks=0, polish=0), context)
    assert again < 0.7


def test_errors_that_the_search_believes_are_counted_again_by_the_layers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Sums of a search and of a layer may round apart beside a tie; the bound goes by the layer's."""
    model, dataset = nn.Linear(5, 3), blobs(90)
    dataset.labels[::9] = (dataset.labels[::9] + 1) % 3  # no weights are right about all
    monkeypatch.setattr(IntegerTail, "errors", lambda _self: 0)
    context = SearchContext(dataset, delta=0.05, seed=1)

    def bits() -> float:
        return charge(encode(model, "custom")).charged_bits

    found = search_small(model, bits, SmallSearchConfig(kicks=1, polish=2, scales=(2.0,)), context)
    errors = count_errors(model, dataset).errors
    assert errors > 0
    assert found == float(bounds.occam(errors, 90, bits(), 0.05))


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_errors_of_a_tail_are_those_of_its_network(dtype: torch.dtype, outputs: int) -> None:
    dataset = blobs(90, classes=max(2, outputs))
    model = nn.Sequential(nn.Linear(5, 4), nn.Tanh(), nn.Linear(4, outputs))
    with plainly_called(model, dataset):
        tail = read_tail(model, dataset)
        assert tail.errors() == count_errors(model, dataset).errors
    model.to(dtype)
    assert 0 <= tail.errors() <= 90


def test_a_constant_classifier() -> None:
    dataset = blobs(90)
    model = Hidden()
    assert make_constant(model, dataset)
    assert count_errors(model, dataset).errors == 90 - int(torch.bincount(dataset.labels).max())
    assert charge(encode(model, "custom")).charged_bits < 45
    without = nn.Linear(5, 3, bias=False)
    before = without.weight.clone()
    assert not make_constant(without, dataset)
    assert torch.equal(without.weight, before)


def test_a_bias_of_small_features_has_small_steps() -> None:
    """A threshold of 0.004 among features of 0.01 needs a step of about their size."""
    random = np.random.default_rng(0)
    inputs = random.uniform(0, 0.01, size=(200, 2)).astype(np.float32)
    dataset = table_of(inputs, (inputs[:, 0] > 0.004).astype(np.int64))
    model = nn.Linear(2, 2)
    context = SearchContext(dataset, delta=0.05, seed=1)

    def bits() -> float:
        return charge(encode(model, "custom")).charged_bits

    search_small(model, bits, SmallSearchConfig(kicks=0, polish=20, limit=7), context)
    assert count_errors(model, dataset).errors <= 10
    (unit,) = bias_units(read_tail(model, dataset))
    assert unit == 2.0**-7
    assert not (model.bias.detach() / unit % 1).any()


@pytest.mark.parametrize("outputs", [1, 3])
def test_sparse_starts_are_minima_of_the_penalized_cross_entropy(outputs: int) -> None:
    dataset = blobs(200, classes=max(2, outputs))
    dataset.labels[::7] = 0
    tail = tail_of(dataset, (5, outputs))
    found = list(search_starts._sparse_weights(tail))
    sizes = [int((weights != 0).sum()) for weights, _ in found]
    assert sizes == sorted(sizes)
    assert 0 < sizes[0] < sizes[-1]
    unit = bias_units(tail)[0]
    scores = torch.from_numpy(tail.inputs.numpy() @ found[-1][0].T + found[-1][1])
    if outputs == 1:
        scores = torch.cat([torch.zeros_like(scores), scores], 1)
    shares = torch.softmax(scores, 1) - F.one_hot(tail.labels, scores.shape[1])
    gradient = (shares.T @ tail.inputs.double() / unit / 200).abs()
    zero = 1 / scores.shape[1] - F.one_hot(tail.labels, scores.shape[1]).double()
    heaviest = (zero.T @ tail.inputs.double() / unit / 200).abs().max()
    # Stationary: a derivative is the penalty where its weight is not zero, and at most the penalty elsewhere.
    assert gradient.max() == pytest.approx(float(heaviest) / 2**6, rel=0.05)


def test_a_layer_of_which_all_inputs_are_zero_has_starts() -> None:
    tail = tail_of(table_of(np.zeros((10, 5), np.float32), np.arange(10) % 2), (5, 2))
    limits = search_starts.StartLimits(3, 63, (1.0, 2.0))
    assert all(
        np.isfinite(matrix).all() for matrices, _ in search_starts.starts(tail, limits) for matrix in matrices
    )
