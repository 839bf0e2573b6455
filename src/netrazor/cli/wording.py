"""Errors name the arguments of functions; on the command line they name its options.

By the convention of `netrazor.errors` an argument is written ``name:`` where a message begins with it and ``name=``
elsewhere. Only arguments that the command has are translated; all else stays as it is.
"""

import re

from cyclopts import App

# Arguments of functions whose option has another name.
_ALIASES = {"dataset": "--data", "directory": "--data-directory", "columns": "--groups"}


def in_options(sentence: str, command: App) -> str:
    """``sentence`` with the arguments that ``command`` takes named as its options."""
    options = options_of(command)
    options |= {name: option for name, option in _ALIASES.items() if option in options.values()}
    names = "|".join(sorted(map(re.escape, options), key=len, reverse=True))
    if not names:
        return sentence
    sentence = re.sub(rf"\A({names})(?=: )", lambda found: options[found[1]], sentence)
    return re.sub(
        rf"(?<![\w.-])({names})=(?:True\b)?(\w?)",
        lambda found: f"{options[found[1]]} {found[2]}".rstrip(),
        sentence,
    )


def options_of(command: App) -> dict[str, str]:
    """The long option, such as ``--data-directory``, of every argument that is given by name."""
    if command.default_command is None:
        return {}
    found = {}
    for argument in command.assemble_argument_collection(parse_docstring=False):
        names = [name for name in argument.names if name.startswith("--")]
        if names and not argument.children:
            found[argument.field_info.name] = names[0]
    return found
