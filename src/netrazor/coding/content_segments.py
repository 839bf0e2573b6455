"""The content of a message as a chain of streams, cut behind each array whose order carries bits of what follows."""

from netrazor.coding.bit_string import BitString
from netrazor.coding.free_order import Arrangement
from netrazor.coding.range_coder import Reader
from netrazor.errors import CorruptMessage

BYTES_A_DECISION = 2**12  # that are moved in the time of a decision


class Segments:
    """Reads one stream after another; each begins with the bits that the order of the slices before it gave."""

    def __init__(self, data: memoryview, *, metered: bool) -> None:
        self._data: bytes | memoryview = data
        self._metered = metered
        self._given = 0
        """Bits at the head of the data that an order gave: they are not in the message."""
        self._taken = 0
        """Bits of the message that the streams before took."""
        self.reader = Reader(data, metered=metered)

    @property
    def work(self) -> int:
        """Decisions that take as long as `cut` does."""
        return len(self._data) // BYTES_A_DECISION

    def cut(self, arrangement: Arrangement) -> Reader:
        """The reader of the next stream.

        Raises:
            CorruptMessage: the stream before is not in canonical form.
        """
        used = self._take(self.reader.end_in_bits())
        left = BitString.of(self._data[used // 8 :]).without_head(used % 8)
        rest = BitString(arrangement.number, arrangement.bits) + left
        self._given += arrangement.bits
        self._data = rest.padded()[0]
        self.reader = Reader(self._data, metered=self._metered)
        return self.reader

    def end(self) -> tuple[int, int]:
        """Bytes of the message that all streams take, and the bits of padding at their end.

        Raises:
            CorruptMessage: the last stream is not in canonical form, or the bits left over are not zeros.
        """
        used = self._take(self.reader.end_in_bits())
        padding = -self._taken % 8
        unused = used + self._given + padding
        left = BitString.of(self._data[used // 8 : -(-unused // 8)]).without_head(used % 8)
        if left.head(self._given + padding):
            raise CorruptMessage("the bits behind the last array are not zeros; get the message again")
        return (self._taken + padding) // 8, padding

    def _take(self, bits: int) -> int:
        """Count bits of a stream, first those that orders gave."""
        given = min(bits, self._given)
        self._given -= given
        self._taken += bits - given
        return bits
