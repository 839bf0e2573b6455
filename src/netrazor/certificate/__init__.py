"""The certificate: what is claimed, from what, on which assumptions. A record and its canonical form."""

from netrazor.certificate.canonical import parse, seal, to_json
from netrazor.certificate.ledger import ChargedLedger, LedgerLine
from netrazor.certificate.record import (
    ASSUMPTIONS,
    ArchitectureRecord,
    Certificate,
    DatasetRecord,
    EvaluationRecord,
    NoiseRecord,
    Provenance,
)

__all__ = [
    "ASSUMPTIONS",
    "ArchitectureRecord",
    "Certificate",
    "ChargedLedger",
    "DatasetRecord",
    "EvaluationRecord",
    "LedgerLine",
    "NoiseRecord",
    "Provenance",
    "parse",
    "seal",
    "to_json",
]
