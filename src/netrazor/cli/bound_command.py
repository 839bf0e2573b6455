"""`netrazor bound`: a calculator with all bounds side by side."""

import json
from fractions import Fraction
from typing import Annotated

import typer
from rich.table import Table

from netrazor.cli.console import open_console
from netrazor.errors import ConfigurationError


def bound(
    n: Annotated[int, typer.Option("--n", help="Number of independent examples.")],
    risk: Annotated[str | None, typer.Option(help="Empirical risk, as a fraction: 0.35.")] = None,
    errors: Annotated[
        int | None, typer.Option(help="Errors among the n examples, instead of --risk.")
    ] = None,
    bits: Annotated[float | None, typer.Option(help="Length of the message.")] = None,
    bytes_: Annotated[float | None, typer.Option("--bytes", help="The same in bytes.")] = None,
    kib: Annotated[float | None, typer.Option(help="The same in KiB.")] = None,
    nats: Annotated[float | None, typer.Option(help="A divergence instead of a length.")] = None,
    delta: Annotated[float, typer.Option(help="Failure probability.")] = 0.05,
    classes: Annotated[int, typer.Option(help="Number of classes, to tell what guessing reaches.")] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Bound the error on new examples from the error on n examples and a length, by every method."""
    from netrazor import bounds
    from netrazor.units import bits_from_nats, decimal_up, kib_from_bits, nats_from_bits, percent_up

    sizes = {"bits": bits, "bytes": bytes_, "kib": kib, "nats": nats}
    unit, size = _one_of("--bits, --bytes, --kib or --nats", sizes)
    in_bits = {"bits": 1, "bytes": 8, "kib": 8 * 1024}
    kl_nats = size if unit == "nats" else nats_from_bits(size * in_bits[unit])
    lines = bounds.side_by_side(_exact_risk(risk, errors, n), n, kl_nats, delta)
    outcomes = [bounds.outcome(line.bound, classes) for line in lines]
    console = open_console()
    if as_json:
        found = [
            {
                "method": line.method,
                "bound": line.bound,
                "holds_for": line.holds_for,
                "outcome": word.name.lower(),
            }
            for line, word in zip(lines, outcomes, strict=True)
        ]
        typer.echo(json.dumps({"n": n, "nats": kl_nats, "delta": delta, "bounds": found}, indent=2))
        return
    length = f"{decimal_up(kl_nats, 1)} nats, {decimal_up(kib_from_bits(bits_from_nats(kl_nats)), 3)} KiB"
    table = Table(title=f"{n} examples, {length}, delta {delta:g}", title_justify="left")
    for column in ("bound", "error on new examples", "holds for", "outcome"):
        table.add_column(column)
    for line, word in zip(lines, outcomes, strict=True):
        table.add_row(line.method, percent_up(line.bound), line.holds_for, word.value)
    console.print(table)
    console.print("Each line holds alone; to quote the least of k lines, ask for --delta divided by k.")


def _one_of(names: str, given: dict[str, float | None]) -> tuple[str, float]:
    values = [(name, value) for name, value in given.items() if value is not None]
    if len(values) != 1:
        raise ConfigurationError(f"{names}: exactly one must be given, got {len(values)}; state one size")
    return values[0]


def _exact_risk(risk: str | None, errors: int | None, n: int) -> Fraction:
    if (risk is None) == (errors is None):
        raise ConfigurationError(
            "--risk or --errors: exactly one must be given; state the errors on the sample"
        )
    if errors is not None:
        if not 0 <= errors <= n or n < 1:
            raise ConfigurationError(f"--errors: must be from 0 to n = {n}, got {errors}; count them again")
        return Fraction(errors, n)
    try:
        return Fraction(str(risk))
    except (ValueError, ZeroDivisionError) as error:
        raise ConfigurationError(f"--risk: must be a number in [0, 1], got {risk!r}; write 0.35") from error
