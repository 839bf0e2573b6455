"""The certificate: what is claimed, from what, on which assumptions. A record and its canonical form."""

from netrazor.certification.canonical import parse, seal, to_json
from netrazor.certification.ledger import ChargedLedger, LedgerLine
from netrazor.certification.record import (
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
