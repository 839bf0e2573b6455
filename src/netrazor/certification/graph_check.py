"""Whether the graph of a run is one, and whether its certificate says of it what is true. No torch."""

from collections.abc import Iterator

from netrazor.certification.graph_literals import price_literals
from netrazor.certification.graph_operation_names import is_listed
from netrazor.certification.graph_text import parse_graph
from netrazor.certification.run_directory import RunFiles
from netrazor.certification.verdict import Finding, compare
from netrazor.errors import CertificateError


def check_graph(files: RunFiles) -> Iterator[Finding]:
    """A graph in canonical form, of a network of the user's own, its numbers priced as the rule says."""
    prior = files.certificate.prior
    if files.graph is None or prior.graph is None:
        return
    if prior.architecture is None or prior.architecture.index > 0:
        yield Finding("graph", "prior.graph: a network of the user's own needed, got a declared one")
        return
    try:
        graph = parse_graph(files.graph)
    except CertificateError as error:
        yield Finding("graph", str(error))
        return
    if unlisted := [step.name for step in graph.steps if not is_listed(step.name)]:
        yield Finding("graph", f"graph: listed operations of torch needed, got {unlisted[0][:80]!r}")
    literals = price_literals(graph)
    yield from compare(
        ("graph", "prior.graph.literals", prior.graph.literals, literals.count),
        ("graph", "prior.graph.literal_bits", prior.graph.literal_bits, literals.bits),
        ("graph", "prior.architecture.source_sha256", prior.architecture.source_sha256, prior.graph.sha256),
    )
