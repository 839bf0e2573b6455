"""Networks of transformers in their own form: named inputs, an object of logits; a graph like any other."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import netrazor
import tiny
from netrazor.certification import measure_yardsticks
from netrazor.certification.graph_structure import describe_steps, price_structure
from netrazor.certification.graph_text import values_in
from netrazor.counting import in_order
from netrazor.data.tables import as_dataset
from netrazor.networks.coded_part import coded_part
from netrazor.networks.exported_graph import export
from netrazor.networks.graph_network import named_arrays
from netrazor.networks.plain_call import plainly_called
from netrazor.pipeline import Recipe
from netrazor.train import FitConfig

transformers = pytest.importorskip("transformers")
WORDS, LENGTH = 30, 8


class Sentences(torch.utils.data.Dataset[tuple[Mapping[str, Tensor], int]]):
    """Sentences of class 1 have words of the second half of the vocabulary only, some of them padded."""

    def __init__(self, n: int = 120) -> None:
        generator = torch.Generator().manual_seed(0)
        self.labels = torch.randint(0, 2, (n,), generator=generator)
        self.words = torch.randint(1, WORDS // 2, (n, LENGTH), generator=generator)
        self.words += self.labels[:, None] * (WORDS // 2)
        lengths = torch.randint(3, LENGTH + 1, (n,), generator=generator)
        self.mask = (torch.arange(LENGTH) < lengths[:, None]).long()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> tuple[Mapping[str, Tensor], int]:
        inputs = {"input_ids": self.words[place] * self.mask[place], "attention_mask": self.mask[place]}
        return inputs, int(self.labels[place])


def bert(attention: str = "sdpa", layers: int = 2) -> nn.Module:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=WORDS,
        hidden_size=16,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=LENGTH,
        attn_implementation=attention,
        name_or_path="a/directory/of/some/length/where/somebody/keeps/models/of/sentences" * 2,
    )
    model: nn.Module = transformers.BertForSequenceClassification(config)
    return model.eval()


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_it_is_a_graph_for_any_number_of_sentences(attention: str) -> None:
    model, dataset = bert(attention), Sentences()
    with plainly_called(model, as_dataset(dataset)) as examples:
        first, all_of_them = (next(in_order(examples, size))[0] for size in (4, 120))
        graph = export(model, first)
        with torch.inference_mode():
            torch.testing.assert_close(graph(all_of_them), model(all_of_them))


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_more_layers_say_nothing_new(attention: str) -> None:
    found = []
    for layers in (2, 8):
        model, dataset = bert(attention, layers), Sentences()
        with plainly_called(model, as_dataset(dataset)) as examples:
            graph = export(model, next(in_order(examples, 4))[0]).graph
        assert price_structure(graph) == 0
        found.append(describe_steps(graph))
    assert found[1] - found[0] < 6 * 120


@pytest.mark.parametrize("given", ["bert", ["bert.encoder.layer.0", "bert.embeddings"]])
def test_a_head_behind_a_given_encoder_and_a_verifier_who_needs_nothing_but_its_weights(
    given: object, tmp_path: Path
) -> None:
    certificate = netrazor.certify(
        bert(),
        Sentences(),
        recipe=tiny.NO_NOISE,
        given=given,  # type: ignore[arg-type]
        given_origin="drawn at random, before anything",
        out=tmp_path / "run",
    )
    assert certificate.prior.graph is not None
    assert certificate.risk_bound <= 1
    assert measure_yardsticks(certificate).majority_bound < 0.7
    assert netrazor.verify(tmp_path / "run", Sentences(), bert()).status == "VALID"


def with_lora() -> nn.Module:
    """The encoder with adapters of rank 2 in its last layer, in peft's own wrapper."""
    peft = pytest.importorskip("peft", reason="peft is not installed: NOT TESTED with it")
    config = peft.LoraConfig(
        r=2, target_modules=r".*layer\.1\.attention\.self\.(query|value)", modules_to_save=["classifier"]
    )
    model = bert()
    torch.manual_seed(1)
    adapted: nn.Module = peft.get_peft_model(model, config)
    return adapted.eval()


def test_what_comes_before_adapters_is_computed_once() -> None:
    model = with_lora()
    learned = {name for name, parameter in model.named_parameters() if parameter.requires_grad}
    with plainly_called(model, as_dataset(Sentences())) as examples:
        inputs = next(in_order(examples, 8))[0]
        graph = export(model, inputs)
        part = coded_part(graph, [name for name, _ in named_arrays(graph) if name not in learned], inputs)
        parts, arrays = part.fixed.parts, graph.graph.arrays
        read = {number for place in parts.rest for number in values_in(graph.graph.steps[place].held)}
        names = [arrays[number].name for number in read if number < len(arrays)]
        assert any("layer.1" in name for name in names)
        assert not any("layer.0" in name or "embeddings" in name for name in names)
        scores = part(inputs)
        part.reads_features = True
        assert torch.equal(part(part.features_of(inputs)), scores)


def test_adapters_of_peft_in_the_last_layer_of_an_encoder(tmp_path: Path) -> None:
    train = Recipe("a-few-steps", train=FitConfig(30, 40, tiny.FAST), noise=None)
    certificate = netrazor.certify(
        with_lora(),
        Sentences(),
        recipe=train,
        given="frozen",
        given_origin="drawn at random, before anything",
        out=tmp_path / "run",
    )
    arrays = netrazor.coding.decode((tmp_path / "run" / "network.nrz").read_bytes())
    assert {name.split(".")[-1] for name in arrays} == {"weight", "bias"}
    assert all("lora" in name or "classifier" in name for name in arrays)
    assert certificate.prior.given is not None
    assert netrazor.verify(tmp_path / "run", Sentences(), with_lora()).status == "VALID"
