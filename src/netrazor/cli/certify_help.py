"""What `netrazor certify --help` says after the options: every experiment and every recipe, with a line each."""

import textwrap

from netrazor.reproduction.experiments import EXPERIMENTS

WIDTH = 79  # columns, where a terminal may have more

# The recipes themselves need torch; a test holds that each has its line here.
RECIPE_TITLES = {
    "quick": "prune, quantize, descend on the bound; some minutes for MNIST on a few cores (the default)",
    "distill": "quick, trained towards the answers of --teacher, for netrazor extend to bound that",
    "tight": "for any network: whole numbers, fewer on every rung while the bound falls; twice the steps of quick",
    "small": "whole numbers, searched on the bound: few examples, a linear or a small network",
    "paper": "Appendix A.1 of the paper: surgery and trained codebooks, hours",
    "as-is": "the network given, without what its function does not need: dead units, the order of units",
    "exact": "the network given, every array as it is",
    "noise-only": "the network given, with the search for noise of Theorem 5.1",
    "post-training": "the network given, pruned and quantized without training",
    "mobilenet": "Appendix A.2, from trained weights",
    "mobilenet-scratch": "Appendix A.2, with dense training before it",
    "tight-mnist": "small whole numbers and descent on the bound, for the shortest record on MNIST",
    "tight-fashion-mnist": "the same for Fashion-MNIST",
    "tight-cifar10": "the same for CIFAR-10",
    "tight-lenet5": "the quick recipe with whole numbers in place of codebooks, for LeNet-5",
    "subspace": "coordinates of a random subspace as small whole numbers",
    "polish": "more training and descent in turn, on a network of whole numbers",
}


def experiments_and_recipes() -> str:
    """Two lists, a line for each name."""
    experiments = {experiment.name: experiment.title for experiment in EXPERIMENTS.values()}
    return "\n\n".join((_listed("Experiments", experiments), _listed("Recipes", RECIPE_TITLES)))


def _listed(title: str, lines: dict[str, str]) -> str:
    width = max(map(len, lines)) + 4
    entries = (
        textwrap.fill(f"  {name}".ljust(width) + line, WIDTH, subsequent_indent=" " * width)
        for name, line in lines.items()
    )
    return "\n".join((f"{title}:", *entries))
