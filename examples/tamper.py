"""Why a certificate can be trusted by somebody who trusts nobody: change anything, and it is refused.

python examples/tamper.py [--smoke]               # seconds either way
"""

import json

import torch
from smoke import SHORT, rows, run_directory, smoke_wanted

import netrazor
from netrazor.networks import MLP

smoke_wanted("Alter a certificate, and see it refused.")
out = run_directory("tampered", smoke=True)
images = rows(2000, 0)
torch.manual_seed(0)
netrazor.certify(MLP((784, 16, 4)), images, recipe=SHORT, out=out)


def status() -> str:
    """What a stranger is told."""
    verdict = netrazor.verify(out, images, model=MLP((784, 16, 4)))
    return verdict.status + "".join(f"; {finding.text}" for finding in verdict.findings[:1])


print("as it was issued:    ", status())

certificate = out / "certificate.json"
issued = certificate.read_text()
certificate.write_text(json.dumps({**json.loads(issued), "risk_bound": 0.01}))
print("with a better claim: ", status())
certificate.write_text(issued)

message = out / "network.nrz"
blob = bytearray(message.read_bytes())
blob[len(blob) // 2] ^= 1
message.write_bytes(blob)
print("with one bit flipped:", status())
