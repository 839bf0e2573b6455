"""The network codec: dictionaries of quantized arrays to short messages, and back, to the bit."""

from netrazor.coding.bit_account import KINDS, Entry, Ledger
from netrazor.coding.limits import Limits
from netrazor.coding.message import architecture, decode, ledger, static_values
from netrazor.coding.message_writer import encode
from netrazor.coding.static_stream import StaticValues

__all__ = [
    "KINDS",
    "Entry",
    "Ledger",
    "Limits",
    "StaticValues",
    "architecture",
    "decode",
    "encode",
    "ledger",
    "static_values",
]
