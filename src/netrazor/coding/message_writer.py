"""Writing messages: arrays in, bytes out."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Literal

import numpy as np

from netrazor.coding.content_writer import Content, ContentWriter
from netrazor.coding.float_plans import plan_floats
from netrazor.coding.free_order import find_freedoms
from netrazor.coding.header import MAX_ARCHITECTURE, Header
from netrazor.coding.limits import ENCODER_DECISIONS, LONGEST_NAME, MAX_NAMES_BYTES, Limits
from netrazor.coding.message import MAGIC
from netrazor.coding.message_context import Trials
from netrazor.coding.message_progress import Progress, ProgressCounter
from netrazor.coding.ordered_keys import Array, check_finite
from netrazor.coding.range_coder import Writer
from netrazor.coding.schema import DTYPES, MAX_DIMENSIONS, Field, code_schema
from netrazor.coding.structure_plans import plan_structures
from netrazor.errors import InvalidArgument, UnsupportedModel

_SMALL = 2**22  # elements up to which all models are tried
_CLEARLY_SHORTER = 16  # bits saved by the extended models, beyond which a message without them is not tried
_LARGE_BUDGET = 2**13  # decisions coded one by one: of a large network a small part of the time


def encode(
    arrays: Mapping[str, Array],
    *,
    values: Literal["auto", "static"] = "auto",
    architecture: int = 0,
    side_information: Mapping[str, Array] | None = None,
    progress: Progress | None = None,
) -> bytes:
    """A self-delimiting message from which `decode` gives back the same arrays, to the bit.

    Args:
        arrays: names and arrays of any shape, float, integer or bool. What costs bits are non-zero elements and
            distinct values, so quantize before; arrays of many distinct values are coded byte by byte.
        values: "auto" takes whatever is shortest; "static" puts the non-zero values into a stream of their own,
            under symbol probabilities sent before (what Theorem 5.1 needs).
        architecture: index into a list of declared architectures, kept in the header.
        side_information: arrays stored raw behind everything else, not charged (the posterior's sigma).
        progress: called after each array with the elements that are done and those of all arrays.

    Raises:
        NonFiniteWeights: an array holds NaN or infinite values.
        UnsupportedModel: an array of a type, shape or name that the format does not have; names too long in all.
        InvalidArgument: ``values`` or ``architecture`` is outside what is stated.
    """
    if values not in ("auto", "static"):
        raise InvalidArgument(f'values: "auto" or "static" allowed, got {values!r}; choose one of them')
    if not 0 <= architecture <= MAX_ARCHITECTURE:
        raise InvalidArgument(
            f"architecture: an index from 0 to {MAX_ARCHITECTURE} allowed, got {architecture}; 0 stands for none"
        )
    main = {name: _native(array) for name, array in arrays.items()}
    extra = {name: _native(array) for name, array in (side_information or {}).items()}
    fields, side_fields = _fields(main), _fields(extra)
    if both := set(main) & set(extra):
        raise InvalidArgument(
            f"side_information: names not among the arrays allowed, got {sorted(both)}; rename them"
        )
    header = Header(True, architecture, values == "static", bool(extra))
    message = [MAGIC, _schema_stream(fields, main), _shortest_content(header, fields, main, progress)]
    if extra:
        message.append(_schema_stream(side_fields, extra))
        message += [
            extra[field.name].astype(field.dtype.newbyteorder("<")).tobytes() for field in side_fields
        ]
    written = b"".join(message)
    _check_names(main, len(written))
    _check_names(extra, len(written))
    return written


def _check_names(arrays: Mapping[str, Array], length: int) -> None:
    """Refuse names that no reader would take in a message of ``length`` bytes."""
    names, most = sum(len(name.encode()) for name in arrays), Limits.for_arrays(arrays).names_in(length)
    if names > most:
        raise UnsupportedModel(
            f"names of arrays: at most {most} bytes in a message of {length} allowed, got {names}; shorten them"
        )


def _schema_stream(fields: list[Field], arrays: Mapping[str, Array]) -> bytes:
    schema = Writer()
    code_schema(schema, fields, Limits.for_arrays(arrays), MAX_NAMES_BYTES)  # the length is not known yet
    return schema.sealed()[0]


def _shortest_content(
    header: Header, fields: list[Field], arrays: Mapping[str, Array], progress: Progress | None
) -> bytes:
    """The stream of content, and that of values if they are static: with or without the further models."""
    small = sum(field.size for field in fields) <= _SMALL
    plan = None if header.static else plan_floats(arrays)
    cut = None if header.static else plan_structures(arrays, plan)
    only_cut = cut is not None and (cut.clearly or not small)
    usual = not only_cut and (
        plan is None or (small and not plan.clearly)
    )  # with the models of every message
    floats = not only_cut and plan is not None
    passes = usual + floats + (cut is not None)
    done = ProgressCounter(progress, passes * (1 + small) * sum(f.size for f in fields))
    found = [_shortest_of_models(header, fields, arrays, done)] if usual else []
    if floats and plan is not None:
        found.append(
            _shortest_of_models(replace(header, float_models=True), fields, arrays, done, plan.scaled)
        )
    if cut is not None:
        structured = replace(header, float_models=True, structures=True)
        found.append(_shortest_of_models(structured, fields, arrays, done, cut.scaled))
    return min(found, key=lambda content: content.bits).data


def _shortest_of_models(
    header: Header,
    fields: list[Field],
    arrays: Mapping[str, Array],
    done: ProgressCounter,
    scaled: frozenset[str] = frozenset(),
) -> Content:
    """With or without the extended models, and with or without free orders."""
    elements = sum(field.size for field in fields)
    small = elements <= _SMALL
    trials = Trials()
    budget = ENCODER_DECISIONS if small else _LARGE_BUDGET
    found: list[tuple[Content, Header]] = []
    for extended in (True, False) if small else (False,):
        if found and trials.saved > _CLEARLY_SHORTER:
            done.add(elements)
            break
        chosen = replace(header, extended=extended)
        writer = ContentWriter(chosen, fields, arrays, budget, trials, scaled=scaled)
        found.append((writer.write(done), chosen))
    ordered, chosen = min(found[::-1], key=lambda candidate: len(candidate[0].data))
    if not small or header.static:
        return ordered
    freedoms = {name: ways for name, array in arrays.items() if (ways := find_freedoms(array))}
    if not freedoms:
        return ordered
    chosen = replace(chosen, free_orders=True)
    writer = ContentWriter(chosen, fields, arrays, budget, trials, freedoms, scaled)
    free = writer.write(ProgressCounter(None, 0))
    return min(ordered, free, key=lambda content: content.bits)


def _native(array: Array) -> Array:
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _fields(arrays: Mapping[str, Array]) -> list[Field]:
    fields = []
    for name, array in arrays.items():
        if array.dtype not in DTYPES:
            raise UnsupportedModel(
                f"array {name!r}: types {', '.join(map(str, DTYPES))} allowed, got {array.dtype}; convert it first"
            )
        if array.ndim > MAX_DIMENSIONS:
            raise UnsupportedModel(
                f"array {name!r}: at most {MAX_DIMENSIONS} dimensions allowed, got shape {array.shape}; reshape it"
            )
        if "\0" in name:
            raise UnsupportedModel(f"array {name!r}: names without a zero byte allowed; rename it")
        if name.encode(errors="ignore") != name.encode(errors="replace"):
            raise UnsupportedModel(f"array {name!r}: names that UTF-8 can write allowed; rename it")
        if len(name.encode()) > LONGEST_NAME:
            raise UnsupportedModel(
                f"array {name[:40]!r}...: at most {LONGEST_NAME} bytes of a name allowed; rename it"
            )
        check_finite(array, name)
        fields.append(Field(name, array.dtype, array.shape))
    return fields
