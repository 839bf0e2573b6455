"""Writing the content of a message: its arrays in one stream, or in several of which one carries bits of the next."""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from netrazor.coding.array_coder import ArrayCoder
from netrazor.coding.bit_account import IdealBits
from netrazor.coding.bit_string import BitString
from netrazor.coding.coder import Meter
from netrazor.coding.content_segments import BYTES_A_DECISION
from netrazor.coding.free_order import MAX_SLICES, Freedom, arrange, free_bits
from netrazor.coding.header import Header, code_header
from netrazor.coding.limits import Limits
from netrazor.coding.message_context import MessageContext, Trials
from netrazor.coding.message_progress import ProgressCounter
from netrazor.coding.ordered_keys import Array
from netrazor.coding.range_coder import Writer
from netrazor.coding.schema import Field
from netrazor.coding.static_stream import StaticArray

_ATTEMPTS = (
    48  # to find an order after which the models are in the state that was assumed, in all of a message
)
_WORTHWHILE_BITS = 3  # saved by a free order; the cut behind it costs about one
_LONGEST_REST = 2**23  # bits behind a cut
_MOST_DECISIONS = MAX_SLICES + _LONGEST_REST // (8 * BYTES_A_DECISION)  # that a free order counts as

Freedoms = Mapping[str, Sequence[Freedom]]
"""By the name of an array in what ways its slices may be ordered (`netrazor.coding.free_order.find_freedoms`)."""


@dataclass(frozen=True)
class Content:
    """The content stream, and behind it that of static values, padded; its length in bits without the padding."""

    data: bytes
    bits: int


class ContentWriter:
    """Writes the arrays of one message; what was tried before is not tried again."""

    def __init__(
        self,
        header: Header,
        fields: Sequence[Field],
        arrays: Mapping[str, Array],
        budget: int,
        trials: Trials,
        freedoms: Freedoms | None = None,
        scaled: Container[str] = (),
    ) -> None:
        self._header = header
        self._fields = fields
        self._arrays = arrays
        self._limits = Limits.for_arrays(arrays)
        self._budget = budget
        self._trials = trials
        self._freedoms = freedoms or {}
        self._scaled = scaled
        self._chosen: dict[str, Freedom | None] = {}
        self._attempts = _ATTEMPTS
        self._later: list[StaticArray] = []

    def write(self, done: ProgressCounter) -> Content:
        """The content; ``done`` is told of each array."""
        writer = Writer()
        code_header(writer, self._header)
        context = MessageContext(
            writer,
            self._limits,
            self._header.extended,
            self._header.free_orders,
            self._budget,
            self._trials,
            float_models=self._header.float_models,
            structures=self._header.structures,
            scaled=self._scaled,
        )
        bits = self._write_from(0, context, writer, done)
        data, length = bits.padded()[0], bits.length
        if self._header.static:
            values = Writer()
            for waiting in self._later:
                waiting.code(values, IdealBits())
            stream, padding = values.sealed()
            data, length = data + stream, length + 8 * len(stream) - padding
        return Content(data, length)

    def _write_from(
        self, first: int, context: MessageContext, writer: Writer, done: ProgressCounter | None = None
    ) -> BitString:
        """The bits of the arrays from number ``first`` on."""
        coder = ArrayCoder(context, IdealBits(), self._header.static)
        for index in range(first, len(self._fields)):
            field = self._fields[index]
            array = self._arrays[field.name]
            freedom = self._choose_freedom(field, context)
            if freedom is not None:
                carried = self._carry(index, context, freedom)
                if carried is not None:
                    number, rest = carried
                    coder.code(field, arrange(array, freedom, number), freedom, number)
                    return writer.ended() + rest.without_head(free_bits(array, freedom))
            coder.code(field, array)
            if done is not None:
                done.add(field.size)
        self._later = coder.later
        return writer.ended()

    def _carry(self, index: int, context: MessageContext, freedom: Freedom) -> tuple[int, BitString] | None:
        """The arrangement of array ``index``, which gives the first bits of what follows it; and what follows it.

        What follows depends on what the models have learnt from the array, a little of which may depend on its
        arrangement (the choice of models): a state is assumed, until the one that is reached is the same.
        """
        field = self._fields[index]
        bits = free_bits(self._arrays[field.name], freedom)
        assumed = self._measure(field, context, freedom).state
        while self._attempts:
            self._attempts -= 1
            writer = Writer()
            rest = self._write_from(index + 1, assumed.continued(writer), writer)
            if rest.length > _LONGEST_REST:
                return None
            number = rest.head(bits)
            reached = self._measure(field, context, freedom, number).state
            if reached.learnt() == assumed.learnt():
                return number, rest
            assumed = reached
        return None

    def _choose_freedom(self, field: Field, context: MessageContext) -> Freedom | None:
        """The way that saves most for this array, measured on one arrangement."""
        if field.name not in self._freedoms or not context.affords(_MOST_DECISIONS):
            return None
        if field.name not in self._chosen:
            ordered = self._measure(field, context).bits
            best, found = float(_WORTHWHILE_BITS), None
            for freedom in self._freedoms[field.name]:
                free = free_bits(self._arrays[field.name], freedom)
                measured = self._measure(field, context, freedom, Random(0).getrandbits(free))
                saved = ordered + free - measured.bits
                if saved > best:
                    best, found = saved, freedom
            self._chosen[field.name] = found
        return self._chosen[field.name]

    def _measure(
        self, field: Field, context: MessageContext, freedom: Freedom | None = None, number: int = 0
    ) -> "_Measured":
        """What an array costs, in order or in the arrangement of ``number``."""
        array = self._arrays[field.name]
        meter = Meter()
        state = context.continued(meter)
        coder = ArrayCoder(state, IdealBits(), self._header.static)
        if freedom is None:
            coder.code(field, array)
        else:
            coder.code(field, arrange(array, freedom, number), freedom, number)
        return _Measured(state, meter.spent)


@dataclass(frozen=True)
class _Measured:
    """The state behind an array, and its bits."""

    state: MessageContext
    bits: float
