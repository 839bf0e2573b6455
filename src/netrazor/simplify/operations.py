"""Families of torch's operations: those that rearrange, work on each channel or on each number, or multiply."""

# ruff: noqa: SIM905 - lists of names read better as text
from collections.abc import Callable, Mapping

from torch import Tensor

from netrazor.simplify.interpretation import Call

# Operations that only rearrange numbers, with the name of the argument that holds them.
REARRANGING: Mapping[str, str] = {
    **dict.fromkeys(
        (
            "_unsafe_view chunk clone contiguous detach alias diagonal expand flatten flip lift_fresh "
            "lift_fresh_copy movedim moveaxis narrow permute repeat repeat_interleave reshape roll select "
            "slice split split_with_sizes squeeze swapaxes t tensor_split tile transpose unbind unflatten "
            "unsqueeze view view_as expand_as pad constant_pad_nd index index_select numpy_T channel_shuffle "
            "pixel_shuffle pixel_unshuffle"
        ).split(),
        "self",
    ),
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout"), "input"),
    **dict.fromkeys(("cat", "concat", "stack", "hstack", "vstack"), "tensors"),
}
PADDING = frozenset({"pad", "constant_pad_nd"})

CONVOLUTIONS: Mapping[str, int] = {
    f"conv{transposed}{dimensions}d": dimensions
    for transposed in ("", "_transpose")
    for dimensions in (1, 2, 3)
}

# Pooling and resizing: operations on each channel by itself, with the number of spatial axes.
CHANNELWISE: Mapping[str, int] = {
    **{
        f"{kind}_pool{dimensions}d": dimensions
        for kind in ("max", "avg", "adaptive_avg", "adaptive_max")
        for dimensions in (1, 2, 3)
    },
    **{
        f"upsample_{kind}": dimensions
        for kind, dimensions in (
            ("nearest1d", 1),
            ("nearest2d", 2),
            ("nearest3d", 3),
            ("linear1d", 1),
            ("bilinear2d", 2),
            ("bicubic2d", 2),
            ("trilinear3d", 3),
        )
    },
}


def _keeps_zero(call: Call) -> bool:
    return True


def _moves_zero(call: Call) -> bool:
    return False


def _range_includes_zero(call: Call) -> bool:
    lower = call["min"] if call.name == "clamp" else call["min_val"]
    upper = call["max"] if call.name == "clamp" else call["max_val"]
    lower, upper = (-1.0 if lower is None else lower), (1.0 if upper is None else upper)
    return isinstance(lower, (int, float)) and isinstance(upper, (int, float)) and lower <= 0 <= upper


def _adds_no_number(call: Call) -> bool:
    return not isinstance(call["other"], (int, float)) or call["other"] == 0


def _exponent_is_positive(call: Call) -> bool:
    return isinstance(call["exponent"], (int, float)) and call["exponent"] > 0


# Operations on each number by itself, with a function that says whether a call of theirs maps zeros to zero.
POINTWISE: Mapping[str, Callable[[Call], bool]] = {
    **dict.fromkeys(
        (
            "relu relu6 leaky_relu gelu silu elu selu celu tanh hardswish neg abs sqrt sin tan atan asinh "
            "erf sign softsign mish hardshrink softshrink expm1 log1p square round floor ceil trunc to "
            "_to_copy type_as float double maximum minimum rrelu"
        ).split(),
        _keeps_zero,
    ),
    **dict.fromkeys(
        (
            "sigmoid hardsigmoid log_sigmoid exp exp2 cos log log2 rsqrt reciprocal softplus threshold where "
            "masked_fill eq ne lt le gt ge logical_not logical_and logical_or rsub"
        ).split(),
        _moves_zero,
    ),
    **dict.fromkeys(("clamp", "hardtanh"), _range_includes_zero),
    **dict.fromkeys(("add", "sub"), _adds_no_number),
    "pow": _exponent_is_positive,
}

# Matrix products with a summand, with the names of the two factors.
ADDED_PRODUCTS: Mapping[str, tuple[str, str]] = {"addmm": ("mat1", "mat2"), "baddbmm": ("batch1", "batch2")}

# What torch and Python raise where a rule meets arguments that it was not written for.
RULE_ERRORS = (RuntimeError, TypeError, ValueError, IndexError, AttributeError)


def broadcast_channels(vector: Tensor, spatial: int) -> Tensor:
    """One number for each channel, shaped to broadcast over channels and ``spatial`` axes behind them."""
    return vector.reshape(-1, *[1] * spatial)


def name_first_tensor(call: Call) -> str:
    """The name of the first tensor argument of ``call``."""
    return next(name for name, _ in call.tensors())
