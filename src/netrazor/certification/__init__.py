"""The certificate: one record of every kind of claim, what it is charged, and whether it follows from its parts."""

from netrazor.certification import claims
from netrazor.certification.canonical import parse, seal, to_json
from netrazor.certification.charging import charge, ledger_of, schema_digest
from netrazor.certification.checking import check_run
from netrazor.certification.claim_record import ClaimRecord, NoiseRecord, NoisyRisk
from netrazor.certification.consistency import check_consistency
from netrazor.certification.ledger import ChargedLedger, LedgerLine
from netrazor.certification.message_record import MessageRecord, PicksRecord
from netrazor.certification.noise_description import Noise, noise_in
from netrazor.certification.planning import Plan, PlannedBound, plan_certificates
from netrazor.certification.prior_record import (
    ArchitectureRecord,
    GivenArraysRecord,
    GivenRecord,
    GraphRecord,
    LearnerRecord,
    PriorRecord,
)
from netrazor.certification.record import Certificate, EvaluationRecord, Provenance
from netrazor.certification.run_directory import RunFiles, read_message, read_run
from netrazor.certification.sample_record import SampleRecord
from netrazor.certification.verdict import Finding, Verdict
from netrazor.certification.yardsticks import Yardsticks, measure_yardsticks, says_less_than_guessing

__all__ = [
    "ArchitectureRecord",
    "Certificate",
    "ChargedLedger",
    "ClaimRecord",
    "EvaluationRecord",
    "Finding",
    "GivenArraysRecord",
    "GivenRecord",
    "GraphRecord",
    "LearnerRecord",
    "LedgerLine",
    "MessageRecord",
    "Noise",
    "NoiseRecord",
    "NoisyRisk",
    "PicksRecord",
    "Plan",
    "PlannedBound",
    "PriorRecord",
    "Provenance",
    "RunFiles",
    "SampleRecord",
    "Verdict",
    "Yardsticks",
    "charge",
    "check_consistency",
    "check_run",
    "claims",
    "ledger_of",
    "measure_yardsticks",
    "noise_in",
    "parse",
    "plan_certificates",
    "read_message",
    "read_run",
    "says_less_than_guessing",
    "schema_digest",
    "seal",
    "to_json",
]
