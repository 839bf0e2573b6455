"""Part 2: steps of each kind over a plain one, and images a second in each precision."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import partial

import step
import torch
from torch import Tensor, nn

from gpu_parts.part import Figures, Part, Setting, Task, seconds_of
from netrazor.data import ImageDataset
from netrazor.networks import build
from netrazor.train import AllParameters, Batches, FitConfig, fit

# Network, batch, side of its images, channels.
NETWORKS = {
    "LeNet-5": ("lenet5", 1024, 28, 1),
    "ResNet-20": ("resnet-20", 128, 32, 3),
    "ResNet-56": ("resnet-56", 128, 32, 3),
    "MobileNet 0.5 at 224 pixels": ("mobilenet-0.5", 64, 224, 3),
    "MobileNet 0.5 at 224 pixels, batch 256": ("mobilenet-0.5", 256, 224, 3),
}
WAYS = ("float32", "TF32", "bfloat16", "bfloat16, channels-last", "bfloat16, channels-last, CUDA graph")
COMPILED = "bfloat16, channels-last, compiled"


def step_tasks(setting: Setting) -> dict[str, Task]:
    """Pruning, quantizing, whole-number steps over plain ones."""
    batches = setting.choose((128, 1024), (16,))
    return {f"LeNet-5, batch {batch}": partial(ratios, setting, batch) for batch in batches}


def ratios(setting: Setting, batch: int) -> Figures:
    """As `step.py` measures them."""
    steps, rounds = setting.choose((40, 7), (2, 1))
    dataset = setting.mnist()
    return step.measure(batch, dataset, setting.device, steps=steps, rounds=rounds)


def throughput_tasks(setting: Setting) -> dict[str, Task]:
    """Every network in every way that the device has; our loop over a plain one; what is compiled, last."""
    on_gpu = setting.device.type == "cuda"
    ways = WAYS if on_gpu else tuple(way for way in WAYS if way != "TF32" and "graph" not in way)
    networks = setting.choose(NETWORKS, ("LeNet-5",))
    large = "MobileNet 0.5 at 224 pixels"
    found: dict[str, Task] = {
        f"our loop over a plain one: {large}, batch {batch}": partial(loops, setting, batch)
        for batch in setting.choose((64, 256), (2,))
    }
    for name in networks:
        found |= {f"{name}: {way}": partial(throughput, setting, name, way) for way in ways}
    if on_gpu and not setting.small:
        found |= {f"{name}: {COMPILED}": partial(throughput, setting, name, COMPILED) for name in networks}
    return found


STEPS = Part("steps", 50, step_tasks)
THROUGHPUT = Part("throughput", 80, throughput_tasks)


def images(n: int, channels: int, side: int, classes: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Random images and labels, there."""
    generator = torch.Generator().manual_seed(0)
    inputs = torch.rand(n, channels, side, side, generator=generator)
    labels = torch.arange(n) % classes
    return inputs.to(device), labels.to(device)


def throughput(setting: Setting, name: str, way: str) -> Figures:
    """Images a second of a plain training loop, and the most memory it took."""
    architecture, batch, side, channels = NETWORKS[name]
    batch = setting.choose(batch, 8)
    device = setting.device
    model = build(architecture).to(device)
    inputs, labels = images(batch, channels, side, 10, device)
    if "channels-last" in way:
        model = model.to(memory_format=torch.channels_last)
        inputs = inputs.contiguous(memory_format=torch.channels_last)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    with precision(way, device) as autocast:
        step_of = training_step(model, inputs, labels, autocast, way)
        for _ in range(setting.choose(5, 1)):
            step_of()
        one = seconds_of(step_of, device)
        steps = max(1, min(200, round(setting.choose(1.0, 0.05) / one)))
        taken = seconds_of(lambda: [step_of() for _ in range(steps)], device)
    found: Figures = {"batch": batch, "images a second": round(batch * steps / taken, 1)}
    if device.type == "cuda":
        found["GiB at most"] = round(torch.cuda.max_memory_allocated(device) / 2**30, 3)
    return found


def training_step(
    model: nn.Module,
    inputs: Tensor,
    labels: Tensor,
    autocast: Callable[[], AbstractContextManager[object]],
    way: str,
) -> Callable[[], object]:
    """One step of Adam, in the way asked for."""
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    forward: Callable[[Tensor], Tensor] = model
    if "compiled" in way:
        forward = torch.compile(model, mode="reduce-overhead")
    if "graph" in way:
        with autocast():
            forward = torch.cuda.make_graphed_callables(model, (inputs,))

    def take() -> None:
        optimizer.zero_grad(set_to_none="graph" not in way)
        with autocast():
            loss = nn.functional.cross_entropy(forward(inputs).float(), labels)
        loss.backward()
        optimizer.step()

    return take


@contextmanager
def precision(way: str, device: torch.device) -> Iterator[Callable[[], AbstractContextManager[object]]]:
    """In it float32 is computed as the way says; gives what a forward pass runs under."""
    backends = (torch.backends.cuda.matmul, torch.backends.cudnn)
    before = [backend.allow_tf32 for backend in backends]
    for backend in backends:
        backend.allow_tf32 = way == "TF32"
    try:
        if "bfloat16" in way:
            yield partial(torch.autocast, device.type, torch.bfloat16, cache_enabled="graph" not in way)
        else:
            yield nullcontext
    finally:
        for backend, allowed in zip(backends, before, strict=True):
            backend.allow_tf32 = allowed


def loops(setting: Setting, batch: int) -> Figures:
    """Images a second of `fit` over those of a plain loop, with images in memory: as ImageNet's form would be."""
    side, steps, rounds = setting.choose((224, 20, 5), (64, 2, 1))
    device = setting.device
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (4 * batch, 3, side, side), generator=generator, dtype=torch.uint8)
    dataset = ImageDataset(pixels, torch.arange(len(pixels)) % 1000, 1000)
    batches = Batches(dataset, batch, seed=0, device=device)
    ours, plain = (build("mobilenet-0.5").to(device, memory_format=torch.channels_last) for _ in range(2))
    weights = AllParameters(ours)

    def fitted(precision: str) -> None:
        fit(ours, weights, batches, FitConfig(steps, batch, precision=precision))  # type: ignore[arg-type]

    def looped(dtype: torch.dtype | None) -> None:
        step.plain_steps(plain, batches, steps, dtype)

    found: Figures = {}
    for name, ours_in, dtype in (("float32", "32-true", None), ("bfloat16", "bf16-mixed", torch.bfloat16)):
        looped(dtype)
        fitted(ours_in)
        ratios = [
            seconds_of(partial(looped, dtype), device) / seconds_of(partial(fitted, ours_in), device)
            for _ in range(rounds)
        ]
        found[name] = {"ratios": [round(ratio, 3) for ratio in ratios]}
        found[name]["images a second"] = round(
            batch * steps / seconds_of(partial(fitted, ours_in), device), 1
        )
    return found
