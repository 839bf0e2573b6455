"""Versions 1 and 2 are frozen: these bytes must be written, and read to the same bits, for ever."""

import numpy as np
import pytest
from coding_reference import ReferenceReader
from coding_samples import busy, fine, network, odd, same

from netrazor import coding
from netrazor.coding import message

SIGMA = {"sigma": np.array([0.5, 0.25], np.float32)}

GOLDEN = {
    "empty": ({}, {}, "4e525a0000"),
    "network": (
        network(),
        {},
        "4e525acb1dab795a36e04b602a983d72d995e2ef1956b247673632c5a6b8264490016349f986318443b7692f24882c071f"
        "30b0ab2623222d011d61a376c511b95f0902f8b879c4ad474687d95161b4ee323db8",
    ),
    "static": (
        network(),
        {"values": "static", "architecture": 3, "aside": SIGMA},
        "4e525acb1dab795a36e04b602a983d72d995e2ef1956b247673632c5a6b826449063b8f09552aaa298802c98d61e4cee72"
        "8d3037db03d2a0377935ae88fe4814e51e75cc0530920c8bbaeb0feadf7c44dd28a08e6aa2b791e6240000003f0000803e",
    ),
    "odd": (
        odd(),
        {},
        "4e525ae600684a3626d4b809c6d52414e56b7333e795d6b4e5a9a29a40aa67c132c236852dec61b7251a3a8c25eb0fcc64"
        "5227b0d8b71ff4e284b3c48948be043cc530b304d17116563ecf748a318ffffffffc6c00000000000007442f42d7faffff"
        "ffe3e000000000000000d231f639c82be557449dc06be9329efe1ae8e6fc2e320892a7682a7b5767fa6bc983d2b88c0c37"
        "99999999a966",
    ),
    "busy": (
        busy(),
        {},
        "4e525ac33533682639a8b57e9daed606655ff0c618d6458dceac230a3b95088148db90439246f0e2de2220e70519ad2f0b"
        "27dc2ccba8cd41bd11f1b23f9ea2a497d1ecb3b3c5a53afd402630999cf284419bb83e35bb570e5255482af8d5aa5e7747"
        "ed1cd36464513f96344f2f1fdf7cc495fed1fdd934e5562298c7b8692bb8002212378a6e46c66374667325cae8605b0904"
        "ed4309ddab944152b6ff5f5b63ef2a4355f444a55c50ef5f9ac04c7723681acb4e0fc00cdbcec592977f0e24df60894cfa"
        "6d9e9e0d1ce21e8e3a477008501370a011660135379558bb893f43ea02606021b3d971828d4ccca0f0376e1c737807cc61"
        "8c643efa9c3766ae650bca854178fd64f48dbfa8e747f0c601e7bec8ecbe223ba0d7454a542ba9a0a8bd1d9b8478c3e261"
        "3cf9b1b47e2cff622c401a119e092cd030d5a8d2a77130176243970afa3d2ab62f58e268753dd4e13808d7b5a03e56cc66"
        "6eb8521b40b76b9b99720ad33c65529e40c935a4",
    ),
    "fine": (
        fine(),
        {},
        "4e525ac3248f1a9b318e603cd3ee9edb593d2da51ca275bc4890815a5022b054ecd2b33547cbac8bcaf9f63408c7fdec86"
        "a95e3bc27a13b23be5bed6c0fe842dad57111aac403ac15fd73bca6baaed639bd4a618c1445b7fbe4f6e435600fa2cb7eb"
        "ea3eb6bca609fd7b4a4a26d1e7b22d746ed12a036bdf861f7b5328da06c51d24121633cb58fb53505a2e1931c59e35b5f4"
        "f867c5ae5938c5679b26562c9d7661b00fd3b9fb3da08dedfd1e1fe173b2971db9af05d88c9a36ab66a496ab28fd34bd9a"
        "0c662680f0e94c2176d38278c25b4cee2674126e036bce389c39c3e7422cf675734f065f903a59f91348af0b37ca7a59b9"
        "c68c0de2998396f3d0c084069ac247c54787998559202295ed2b3c5d6e141fe3085846ae4660fed20176d5f8d9d3525144"
        "af05227e3c17170d1bd36dedf3d9cd42be59bc6cc887c56031dc0ce1d6b4848bff91bdfcce6234d1e9764ee0932fe2af37"
        "f67220bdd5626471072514ea6aed9e17d8cb1a65090e9119c06257c901d37fb04e6f0d5f36223e1cc9d6c7d1bf9ed6888f"
        "dbdef591a229183af475d5bcd649706088320e55a957a483a1b810d0ed3795e08afcdce1839c9092c894bafa06e17fafa6"
        "621460560fb6b67eef7c6a5584b865b15e7bf25b74fcfd6497fa4745d11f77af14d6764d273e8ddccfd9586c83a573a0e9"
        "4f622235a4c06c73fd097c988c928f809707e3dba06c6552789e07721811de3d38bb246c481187e131b5fa140b947d6886"
        "fe144c1c919e5fa3a65147af0f3f565c69d594680f12d47e439d6ed17aba7bd1e29c3aed6aea0382809c5f16794b77d4db"
        "1eeb5416c126989e7f1e1b80f2f12a855845e5edb5d974316e2f26012364ba0f9d41a79a709084d2129d2b4604d28b716e"
        "d0dbf6b36edf099502239694115a82405d6d927219415e24b4652786fe9e4f87c7cfb6eb67064eee83a2a326ca4942535e"
        "8dff996c46228bb8f240a07a7ff410a7cbd70e3c48ce0aba262667a3f05400d8a9a03e36fb7ccc08b647e7b817fa904720"
        "d94ff383c8f21a7c9c818241ddf98e2e249228fbebc28cddb0f672ef2b3574389a5a32c956bf939c7225a3c3dc548255b8"
        "994b4ae7294eab8697c20a8a61c6b587df2facbf41e99db4398f311f1d3d2a06de9430c542f3dc4b08fac6ee15a3ae6415"
        "68924aac776d56426d7ee2375329f43b787492d8e83ee18fe58f6e270cd83688661a295e2f10c1d3a66203e53f38b98c07"
        "d94e9a080b67a5f555a96781bda7a1b5e0074092e5df06d9b72a7e8558f2ec7689cbafca8ec54f71bf5e8bfc9e30c44c20"
        "e37d821f1c8a24d75591f9b375fab552d5363239bedb1b7184d13885d6e4ebd6ed2bf6c254680056c0637ab50361d86281"
        "be820a23fef37b11081e25a2a85238a2d3438bdd3e860e4772550800e750fc6ca870d8b61ab1a33670b7885b61a1293dcc"
        "1d491c5abc0000000003ceef889254866003180082a037e42a5540ba5a0000000000",
    ),
}


@pytest.mark.parametrize("name", GOLDEN)
def test_the_encoder_writes_the_golden_bytes(name: str) -> None:
    arrays, options, golden = GOLDEN[name]
    assert coding.encode(arrays, **options).hex() == golden


@pytest.mark.parametrize("name", GOLDEN)
def test_the_decoder_reads_them_to_the_bit(name: str) -> None:
    arrays, options, golden = GOLDEN[name]
    assert same({**arrays, **options.get("aside", {})}, coding.decode(bytes.fromhex(golden)))


@pytest.mark.parametrize("name", GOLDEN)
def test_plain_integers_decode_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The coder's arithmetic as docs/format.md states it, without the library that does it here."""

    class Both(ReferenceReader):
        def __init__(self, data: memoryview) -> None:
            super().__init__(bytes(data))
            self._other = Reader(data)

        def bit(self, bit, level):
            return _agree(super().bit(bit, level), self._other.bit(bit, level))

        def uniform(self, value, size):
            return _agree(super().uniform(value, size), self._other.uniform(value, size))

        def symbols(self, values, counts, number):
            return _agree(
                super().symbols(values, counts, number), self._other.symbols(values, counts, number)
            )

        def end(self):
            return self._other.end()

    arrays, options, golden = GOLDEN[name]
    Reader = message.Reader  # noqa: N806
    monkeypatch.setattr(message, "Reader", Both)
    assert same({**arrays, **options.get("aside", {})}, coding.decode(bytes.fromhex(golden)))


def _agree(first, second):
    assert np.array_equal(first, second)
    return first
