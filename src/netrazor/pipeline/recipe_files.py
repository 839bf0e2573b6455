"""Recipes from YAML files."""

import os
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError

from netrazor.errors import ConfigurationError
from netrazor.files import read_regular
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.recipes import RECIPES, recipe_named

_RECIPE = TypeAdapter(Recipe)
_BASE = "base"
_MOST_BYTES, _DEEPEST, _SHOWN = 2**15, 20, 8


def recipe_from_file(path: str | os.PathLike[str], *, catalogue: Mapping[str, Recipe] = RECIPES) -> Recipe:
    """The recipe in a YAML file; see `recipe_from_yaml`.

    Raises:
        ConfigurationError: the file cannot be read, or as for `recipe_from_yaml`.
    """
    try:
        text = read_regular(path, _MOST_BYTES).decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"recipe {path}: cannot be read ({error}); give a YAML file") from error
    return recipe_from_yaml(text, place=str(path), catalogue=catalogue)


def recipe_from_yaml(
    text: str, *, place: str = "recipe", catalogue: Mapping[str, Recipe] = RECIPES
) -> Recipe:
    """A recipe written as YAML, with the names of `Recipe` and of what it holds.

    ``base: quick`` takes everything that is not written from the recipe of that name in ``catalogue``; mappings are
    merged, lists take the place of the base's.

    Raises:
        ConfigurationError: no mapping, a key that is not known or a value that is not allowed, each named with
            what is.
    """
    try:
        _check_structure(text, place)
        written = yaml.safe_load(text)
    except (
        yaml.YAMLError,
        ValueError,
        RecursionError,
    ) as error:  # a number of 5,000 digits, a date without a day
        raise ConfigurationError(f"{place}: must be YAML, got {str(error)[:500]}; correct it") from error
    if not isinstance(written, Mapping):
        raise ConfigurationError(
            f"{place}: must be a mapping with keys {', '.join(_keys(Recipe))}, got {type(written).__name__}"
        )
    content = {"name": Path(place).stem, **{key: value for key, value in written.items() if key != _BASE}}
    if _BASE in written:
        content = _merged(asdict(recipe_named(str(written[_BASE]), catalogue)), content)
    try:
        return _RECIPE.validate_python(content)
    except ValidationError as error:
        problems = "; ".join(_problem(found) for found in error.errors(include_url=False)[:_SHOWN])
        raise ConfigurationError(f"{place}: {problems}") from error


def _check_structure(text: str, place: str) -> None:
    """Refuse aliases, which can stand for more than any memory holds, and nesting, which takes long to read."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if isinstance(event, yaml.AliasEvent) or depth > _DEEPEST:
            raise ConfigurationError(
                f"{place}: values without aliases (*name), nested at most {_DEEPEST} deep, needed; write them out"
            )


def _merged(base: Mapping[str, Any], written: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in written.items():
        nested = isinstance(value, Mapping) and isinstance(merged.get(key), Mapping)
        merged[key] = _merged(merged[key], value) if nested else value
    return merged


def _problem(found: Mapping[str, Any]) -> str:
    where = ".".join(map(str, found["loc"])) or "the recipe"
    if found["type"] in ("unexpected_keyword_argument", "extra_forbidden"):
        allowed = ", ".join(_keys(_at(Recipe, found["loc"][:-1])))
        return f"{where}: no such key; allowed are {allowed}"
    return f"{where}: {found['msg']}, got {repr(found['input'])[:200]}"


def _keys(kind: type) -> list[str]:
    return [field.name for field in fields(kind)] if is_dataclass(kind) else []


def _at(kind: Any, place: tuple[str | int, ...]) -> Any:
    """The dataclass at ``place`` in a recipe; a step may be a field, an index, or the tag of a union."""
    for step in place:
        if is_dataclass(kind) and isinstance(step, str):
            kind = typing.get_type_hints(kind, include_extras=False).get(step, kind)
        choices = [one for one in _dataclasses(kind) if getattr(one, "kind", step) == step]
        kind = choices[0] if len(choices) == 1 else kind
    return kind


def _dataclasses(kind: Any) -> list[Any]:
    """The dataclasses that a type is made of."""
    if is_dataclass(kind):
        return [kind]
    is_made = typing.get_origin(kind) is not None or isinstance(kind, types.UnionType)
    return [found for part in typing.get_args(kind) for found in _dataclasses(part)] if is_made else []
