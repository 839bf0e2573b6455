"""The operations that a graph may consist of, by name: torch's ATen, and arithmetic on sizes.

What is random, writes into its arguments, reads files or memory, or gives as many values as the data happen to have
is not among them. Nobody can call more than is listed here by writing it into a graph.
"""


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Arithmetic on sizes, and taking one of several results.
ON_SIZES = _names(
    """
    add eq floordiv ge getitem gt le lt mod mul ne neg sub sym_float sym_int sym_ite sym_max sym_min sym_not
    truediv
    """
)
# Their whole numbers are axes, sizes, strides, numbers of groups or layers: they say where, not how much.
ON_SHAPES = _names(
    """
    _adaptive_avg_pool2d _adaptive_avg_pool3d _log_softmax _native_batch_norm_legit_no_training
    _native_multi_head_attention _softmax _to_copy _transformer_encoder_layer_fwd _unsafe_view
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d adaptive_max_pool1d adaptive_max_pool2d
    adaptive_max_pool3d alias all amax amin any argmax argmin argsort avg_pool1d avg_pool2d avg_pool3d
    batch_norm broadcast_to cat channel_shuffle chunk clone constant_pad_nd contiguous conv1d conv2d conv3d
    conv_transpose1d conv_transpose2d conv_transpose3d convolution cummax cummin cumprod cumsum detach
    diagonal embedding embedding_bag expand expand_as flatten flip fold gather glu grid_sampler group_norm
    gru gru_cell hstack im2col index_select instance_norm layer_norm lift_fresh_copy linalg_vector_norm
    log_softmax logcumsumexp logsumexp lstm lstm_cell max max_pool1d max_pool2d max_pool2d_with_indices
    max_pool3d mean median min mode movedim narrow native_group_norm native_layer_norm numel ones ones_like
    pad permute pixel_shuffle pixel_unshuffle prod reflection_pad1d reflection_pad2d reflection_pad3d repeat
    repeat_interleave replication_pad1d replication_pad2d replication_pad3d reshape reshape_as rms_norm
    rnn_relu rnn_relu_cell rnn_tanh rnn_tanh_cell roll select select_scatter slice slice_scatter softmax
    sort split split_with_sizes squeeze stack std std_mean sum swapaxes swapdims sym_numel sym_size t
    tensor_split to topk transpose tril triu type_as unbind unflatten unfold unsqueeze upsample_bicubic2d
    upsample_bilinear2d upsample_linear1d upsample_nearest1d upsample_nearest2d upsample_nearest3d
    upsample_trilinear3d var var_mean view view_as vstack zeros zeros_like
    """
)
# One that counts up from zero: its number is the length of what it gives, as that of `ones` is. With a start or a
# step it is none of these.
COUNTING = "aten.arange.default"
# Their numbers enter the answers themselves.
ON_VALUES = _names(
    """
    __and__ __lshift__ __or__ __rshift__ __xor__ abs acos acosh add addbmm addcdiv addcmul addmm addmv addr
    affine_grid_generator arange asin asinh atan atan2 atanh baddbmm bilinear bitwise_and bitwise_left_shift
    bitwise_not bitwise_or bitwise_right_shift bitwise_xor bmm bucketize cdist ceil celu clamp clamp_max
    clamp_min copy copysign cos cosh cosine_similarity cross div divide dot einsum elu eq erf erfc erfinv
    exp exp2 expm1 eye fill floor floor_divide fmax fmin fmod frac full full_like ge gelu greater gt
    hardshrink hardsigmoid hardswish hardtanh heaviside hypot index index_add index_copy index_fill
    index_put isfinite isinf isnan isneginf isposinf kron le leaky_relu lerp less lgamma linalg_norm linear
    linspace log log10 log1p log2 log_sigmoid logaddexp logical_and logical_not logical_or logical_xor logit
    lt masked_fill masked_scatter matmul maximum minimum mish mm mul multiply mv nan_to_num ne neg new_full
    new_ones new_zeros norm normalize not_equal one_hot outer pairwise_distance pow prelu reciprocal relu
    relu6 remainder round rrelu rsqrt rsub scalar_tensor scaled_dot_product_attention scatter scatter_add
    scatter_reduce searchsorted selu sgn sigmoid sign silu sin sinc sinh softplus softshrink sqrt square sub
    subtract tan tanh tensordot threshold true_divide trunc where xlogy
    """
)


def is_listed(name: str) -> bool:
    """Whether a graph may call ``name``: "aten.relu.default", or "add" for arithmetic on sizes."""
    return name in ON_SIZES or _base(name) in ON_SHAPES | ON_VALUES


def takes_sizes(name: str) -> bool:
    """Whether the whole numbers that the operation is given say a size, an axis or a count."""
    return name in ON_SIZES or name == COUNTING or _base(name) in ON_SHAPES


def _base(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == "aten" else ""
