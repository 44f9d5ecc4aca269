"""Reading and validating the YAML files that users write: unknown and repeated keys are refused."""

import reprlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tpobench.harness.errors import UserError, did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails


class FileModel(BaseModel):
    """Base of everything that users write in YAML: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


T = TypeVar("T", bound=FileModel)


_MOST_VALUES = 100_000
"""Values of one file, with aliases written out; a long policy has a hundred."""


class _Loader(yaml.SafeLoader):
    """Refuses a key that occurs twice in one mapping: plain YAML would silently take the second value. Refuses aliases
    that stand for more than a file could hold."""

    def get_single_node(self) -> yaml.Node | None:
        node: yaml.Node | None = super().get_single_node()
        if node is not None and _values(node, {}) > _MOST_VALUES:
            raise yaml.YAMLError(
                f"it stands for more than {_MOST_VALUES:,} values; write repeated values out, without aliases"
            )
        return node

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        known: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value in known:
                line = key.start_mark.line + 1
                raise yaml.YAMLError(f"the key {shown(key.value)} occurs twice (line {line})")
            if isinstance(key, yaml.ScalarNode):
                known.add(key.value)
        return super().construct_mapping(node, deep)


def _values(node: yaml.Node, counted: dict[int, int]) -> int:
    """How many values a node stands for; `counted` has those of the nodes that were met before.

    Raises yaml.YAMLError for a node that holds itself.
    """
    if id(node) in counted:
        if counted[id(node)] == 0:
            raise yaml.YAMLError("an alias refers to the part that contains it; write the value out")
        return counted[id(node)]
    counted[id(node)] = 0
    parts = [part for pair in node.value for part in pair] if isinstance(node, yaml.MappingNode) else node.value
    inside = 0 if isinstance(node, yaml.ScalarNode) else sum(_values(part, counted) for part in parts)
    counted[id(node)] = 1 + inside
    return 1 + inside


def load_yaml(path: Path, kind: type[T]) -> T:
    """Read and validate a YAML file; raises UserError with the file, the place in it and what is wrong there."""
    return validate(read_yaml(path), kind, str(path))


def read_yaml(path: Path) -> Any:
    """What a YAML file says, not validated; raises UserError for one that cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError as error:
        raise UserError(f"there is no file {path}; check the path") from error
    except UnicodeDecodeError as error:
        raise UserError(
            f"{path} is not UTF-8 text, perhaps UTF-16 as PowerShell writes it; save it as UTF-8"
        ) from error
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error
    except RecursionError as error:
        raise UserError(f"{path} is not valid YAML: its lists and mappings are nested too deeply") from error
    except ValueError as error:  # a date or a number that there is not
        raise UserError(f"{path} is not valid YAML: {error}; write the value in quotes") from error


def validate(content: Any, kind: type[T], where: str) -> T:
    """The validated value; raises UserError naming the first key that is wrong and how."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{where}: {_first_problem(error, kind)}") from error


_WANTED = {
    "model_type": "hold keys",
    "model_attributes_type": "hold keys",
    "dict_type": "hold keys",
    "list_type": "be a list",
    "string_type": "be a text",
    "int_type": "be a whole number",
    "int_parsing": "be a whole number",
    "int_from_float": "be a whole number",
    "float_type": "be a number",
    "float_parsing": "be a number",
    "bool_type": "be true or false",
    "bool_parsing": "be true or false",
}
"""By pydantic's name for an error, what a value must be."""

_SHOWN_CHARS = 60


def _first_problem(error: ValidationError, kind: type[FileModel]) -> str:
    first, *others = error.errors()
    if first["type"] == "missing":  # a key that is misspelt is missing, too
        beside = (other for other in others if other["loc"][:-1] == first["loc"][:-1])
        first = next((other for other in beside if other["type"] == "extra_forbidden"), first)
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = _keys_at(kind, first["loc"][:-1])
        return f"unknown key {shown(key)}; {did_you_mean(str(first['loc'][-1])[:_SHOWN_CHARS], known)}"
    if first["type"] == "missing":
        return f"the key {shown(key)} is missing"
    if first["type"] == "value_error":
        problem = str(first["ctx"]["error"])
        return f"{shown(key)}: {problem}" if key else problem
    named = shown(key) if key else "the file"
    if first["input"] is None:
        return f"{named} is empty; fill it in{', or take it out' if key else ''}"
    return f"{named} is {shown(first['input'])}: {_wanted(first, _keys_at(kind, first['loc']))}"


def shown(value: Any) -> str:
    """The beginning of what a user wrote, for a message; a large value is never written out."""
    text = repr(value[:_SHOWN_CHARS]) if isinstance(value, str) else _SHORT.repr(value)
    return text if len(text) < _SHOWN_CHARS else f"{text[: _SHOWN_CHARS - 3]}..."


_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHOWN_CHARS


def _wanted(error: "ErrorDetails", keys: Sequence[str]) -> str:
    """What a value must be."""
    wanted = _WANTED.get(error["type"])
    if wanted is None:
        said = error["msg"].lower()
        return said.replace("input ", "it ", 1) if said.startswith("input ") else said
    known = f", such as {', '.join(keys[:3])}" if wanted == "hold keys" and keys else ""
    return f"it must {wanted}{known}"


def _keys_at(kind: Any, path: Sequence[int | str]) -> list[str]:
    """The keys that may stand at this place of the file; none where any may, or none may."""
    for part in path:
        field = getattr(kind, "model_fields", {}).get(part)
        annotation = field.annotation if field is not None else next(reversed(get_args(kind)), None)
        models = [one for one in (annotation, *get_args(annotation)) if hasattr(one, "model_fields")]
        kind = models[0] if models and get_origin(annotation) not in (dict, list) else annotation
    return list(getattr(kind, "model_fields", {}) or [])
