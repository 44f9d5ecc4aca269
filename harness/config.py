"""Reading and validating the YAML files that users write: unknown and repeated keys are refused."""

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from tpobench.harness.errors import UserError, did_you_mean


class FileModel(BaseModel):
    """Base of everything that users write in YAML: unknown keys and wrong types are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


T = TypeVar("T", bound=FileModel)


class _Loader(yaml.SafeLoader):
    """Refuses a key that occurs twice in one mapping: plain YAML would silently take the second value."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value]
        for number, key in enumerate(keys):
            if key in keys[:number]:
                raise yaml.YAMLError(f"the key {key!r} occurs twice (line {node.value[number][0].start_mark.line + 1})")
        return super().construct_mapping(node, deep)


def load_yaml(path: Path, kind: type[T]) -> T:
    """Read and validate a YAML file; raises UserError with the file, the place in it and what is wrong there."""
    return validate(read_yaml(path), kind, str(path))


def read_yaml(path: Path) -> Any:
    """What a YAML file says, not validated; raises UserError for one that cannot be read."""
    try:
        return yaml.load(path.read_text(encoding="utf-8"), _Loader)
    except FileNotFoundError as error:
        raise UserError(f"there is no file {path}; check the path") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {error}") from error
    except yaml.YAMLError as error:
        raise UserError(f"{path} is not valid YAML: {' '.join(str(error).split())}") from error


def validate(content: Any, kind: type[T], where: str) -> T:
    """The validated value; raises UserError naming the first key that is wrong and how."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        raise UserError(f"{where}: {_first_problem(error, kind)}") from error


def _first_problem(error: ValidationError, kind: type[FileModel]) -> str:
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"]) or "the file"
    if first["type"] == "extra_forbidden":
        return f"unknown key {key!r}; {did_you_mean(str(first['loc'][-1]), _keys_at(kind, first['loc'][:-1]))}"
    if first["type"] == "missing":
        return f"the key {key!r} is missing"
    shown = repr(first["input"])
    return f"{key!r} is {shown if len(shown) < 60 else shown[:57] + '...'}: {first['msg'].lower()}"


def _keys_at(kind: Any, path: tuple[int | str, ...]) -> list[str]:
    """The keys that may stand at this place of the file."""
    for part in path:
        field = kind.model_fields.get(part) if hasattr(kind, "model_fields") else None
        if field is not None:
            kind = field.annotation
    return list(getattr(kind, "model_fields", {}) or [])
