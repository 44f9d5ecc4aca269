"""A scorer of the user's: ``module:function`` or ``file.py:function``, called with a prompt and a response."""

import hashlib
import inspect
import json
import time
from collections.abc import Callable, Iterator, Mapping
from numbers import Real
from pathlib import Path
from types import ModuleType
from typing import Any

from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.judges.scorer import PromptedResponses, Scorer, scored
from tpobench.harness.judges.user_module import importable, module_file, module_name, sources_of, user_module
from tpobench.harness.records import Prompt, Score

GROUP_SECONDS = 1.0
"""How long scores are gathered before they are yielded: what an interruption loses at most."""


class CustomScorer(Scorer):
    """The function gets the prompt's text and the response, and returns a number, or a mapping with ``score`` and
    components. Its module's file is part of the id, and so are the files beside it that it imports: a changed function
    is another judge."""

    def __init__(self, name: str) -> None:
        """Raises UserError where there is no such function, or it does not take a prompt and a response; nothing of it
        is called."""
        module_part, _, function = name.rpartition(":")
        named_file = module_file(Path.cwd(), module_part) if module_part.endswith(".py") else None
        self._folder = Path.cwd() if named_file is None else named_file.parent
        module = _imported(name, module_part)
        self._function = _function(module, name)
        file = getattr(module, "__file__", None)
        if file is None:
            raise UserError(f"the scorer {name} is not in a file, so a change of it would go unnoticed; put it in one")
        sources = [source.read_bytes() for source in sources_of(self._folder, Path(file))]
        self.label = f"{module_name(module_part)}:{function}"
        self.id = f"{self.label}#{hashlib.sha256(b''.join(sources)).hexdigest()[:12]}"

    def score_all(self, responses: PromptedResponses) -> Iterator[list[Score]]:
        """Raises UserError where the function raises, or returns no number."""
        done: list[Score] = []
        since = time.monotonic()
        for prompt, response in responses:
            value, components = self._ask(prompt, response)
            done.append(scored(self, prompt, response, value, components))
            if time.monotonic() - since >= GROUP_SECONDS:
                yield done
                done, since = [], time.monotonic()
        if done:
            yield done

    def _ask(self, prompt: Prompt, response: str) -> tuple[float, Mapping[str, Any]]:
        where = f'the scorer {self.label}, asked about a response to "{prompt.text[:40]}",'
        try:
            with importable(self._folder):
                returned = self._function(prompt.text, response)
        except (Exception, SystemExit) as error:  # whatever the user's function raises
            raise UserError(f"{where} raised {type(error).__name__}: {error}") from error
        components: Mapping[str, Any] = {}
        if isinstance(returned, Mapping):
            components = {str(part): value for part, value in returned.items() if part != "score"}
            returned = returned.get("score")
        value = _number(returned)
        if value is None:
            raise UserError(
                f"{where} returned {_shown(returned)}; it must return a number, or a mapping with a 'score'"
            )
        try:
            stored = json.loads(json.dumps(components, allow_nan=False, default=float))
        except (TypeError, ValueError) as error:
            raise UserError(f"{where} returned components that are not JSON: {error}") from error
        return value, stored


def _imported(name: str, module: str) -> ModuleType:
    try:
        return user_module(Path.cwd(), module)
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # whatever the user's module raises
        raise UserError(f"the scorer {name} cannot be imported: {type(error).__name__}: {error}") from error


def _function(module: ModuleType, name: str) -> Callable[[str, str], Any]:
    """The function that a scorer's name means; raises UserError where it cannot be called with two texts."""
    module_part, _, function_name = name.rpartition(":")
    function = getattr(module, function_name, None)
    if not callable(function):
        known = [each for each, value in vars(module).items() if callable(value) and not each.startswith("_")]
        raise UserError(
            f"the module {module_part} has no function {function_name!r}; {did_you_mean(function_name, known[:20])}"
        )
    try:
        inspect.signature(function).bind("prompt", "response")
    except (TypeError, ValueError) as error:
        raise UserError(
            f"the scorer {name} cannot be called with a prompt and a response ({error}); a scorer is written "
            "def name(prompt, response)"
        ) from error
    scorer: Callable[[str, str], Any] = function
    return scorer


def _number(value: Any) -> float | None:
    """A float; None for what is no number, or one that a float cannot hold."""
    try:
        return float(value) if isinstance(value, Real) else None
    except (OverflowError, TypeError, ValueError):
        return None


def _shown(value: Any) -> str:
    """The beginning of a value, without the digits of a number so large that Python writes none of them."""
    try:
        return f"{value!r:.60}"
    except Exception:  # the value's own __repr__ may raise what it likes
        return f"a {type(value).__name__}"
