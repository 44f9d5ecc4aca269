"""Thought prompts, and taking outputs apart into a hidden thought and the response.

The three prompts follow the paper's section 2.1: `generic` lets the model think before a comprehensive answer,
`specific` asks for a draft and its evaluation, `system` puts the generic demand into the system message. The
markers are the published ones, matched as plain strings.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tpobench.harness.errors import UserError, did_you_mean
from tpobench.harness.models.modes import DIRECT, Mode
from tpobench.harness.records import Split

THOUGHT_MARKER = "Here is my thought process:"
RESPONSE_MARKER = "Here is my response:"
SPECIFIC_MARKER = "<R>"

PARSE_ERRORS = {
    "empty_output": "the model wrote nothing",
    "no_thought_marker": "the thought marker is missing",
    "repeated_thought_marker": "the thought marker occurs more than once",
    "no_response_marker": "the response marker is missing",
    "repeated_response_marker": "the response marker occurs more than once",
    "response_before_thought": "the response marker comes before the thought marker",
    "empty_thought": "nothing stands between the markers",
    "empty_response": "nothing follows the response marker",
}
"""Why an output has no response, by reason."""


@dataclass(frozen=True)
class ThoughtTemplate:
    """A thought prompt. Without a `thought_marker` the thought starts at the first character of the output."""

    user: str
    response_marker: str
    thought_marker: str | None = None
    system: str | None = None

    @property
    def markers(self) -> tuple[str, ...]:
        return (self.thought_marker, self.response_marker) if self.thought_marker else (self.response_marker,)


_GENERIC = (
    f'Think before you answer. Write "{THOUGHT_MARKER}" and your thoughts, '
    f'then "{RESPONSE_MARKER}" and a comprehensive, detailed answer.'
)

TEMPLATES = {
    "generic": ThoughtTemplate(_GENERIC + "\n\n{prompt}", RESPONSE_MARKER, THOUGHT_MARKER),
    "specific": ThoughtTemplate(
        "Answer the user's query below. Begin with your internal thoughts, which the user will not see: they must "
        f"hold a draft of the response and your evaluation of that draft. Then write {SPECIFIC_MARKER} and after it "
        "the final response, which must stand on its own.\n\nUser query: {prompt}",
        SPECIFIC_MARKER,
    ),
    "system": ThoughtTemplate("{prompt}", RESPONSE_MARKER, THOUGHT_MARKER, system=_GENERIC),
}


def split(template: ThoughtTemplate, raw: str) -> Split:
    """Take one output apart. Every way to fail has its own name, a key of `PARSE_ERRORS`.

    A second response marker is a failure, since it is not known which one starts what the user should see.
    """
    if not raw.strip():
        return Split("", "", "empty_output")
    thought_from = 0
    if template.thought_marker:
        if (count := raw.count(template.thought_marker)) != 1:
            return Split(raw, "", "repeated_thought_marker" if count else "no_thought_marker")
        thought_from = raw.index(template.thought_marker) + len(template.thought_marker)
    if (count := raw.count(template.response_marker)) != 1:
        return Split(raw[thought_from:].strip(), "", "repeated_response_marker" if count else "no_response_marker")
    thought_to = raw.index(template.response_marker)
    if thought_to < thought_from:
        return Split(raw, "", "response_before_thought")
    thought = raw[thought_from:thought_to].strip()
    response = raw[thought_to + len(template.response_marker) :].strip()
    if not thought:
        return Split("", "", "empty_thought")
    return Split(thought, response, None if response else "empty_response")


def compose(template: ThoughtTemplate, thought: str, response: str) -> str:
    """The text that `split` takes apart into this thought and this response."""
    opening = f"{template.thought_marker}\n" if template.thought_marker else ""
    return f"{opening}{thought}\n{template.response_marker}\n{response}"


def template_named(name: str) -> ThoughtTemplate:
    """A template by name, or from the user's YAML file; raises UserError for anything else."""
    if name in TEMPLATES:
        return TEMPLATES[name]
    if Path(name).suffix in (".yaml", ".yml"):
        return _from_file(Path(name))
    raise UserError(
        f"unknown thought prompt {name!r} (a name, or a template file *.yaml); " + did_you_mean(name, list(TEMPLATES))
    )


_THINKING = ("think", "thinking", "thought", "reason", "reasoning", "cot")


def mode_named(name: str) -> Mode:
    """The mode of this name: ``direct``, ``think:generic`` and its kin, or ``think:FILE.yaml``."""
    if name == "direct":
        return DIRECT
    known = ["direct", *(f"think:{template}" for template in TEMPLATES)]
    kind, _, template_name = name.partition(":")
    if kind.lower() in _THINKING and not template_name:
        raise UserError(f"a thinking mode is named with its prompt: think:generic; known: {', '.join(known)}")
    if kind != "think" or not template_name:
        raise UserError(f"unknown mode {name!r}; {did_you_mean(name, known)} (or think:FILE.yaml)")
    try:
        template = template_named(template_name)
    except UserError as error:
        if Path(template_name).suffix in (".yaml", ".yml"):
            raise
        raise UserError(f"unknown mode {name!r}; {did_you_mean(name, known)} (or think:FILE.yaml)") from error
    return Mode(
        name=name, user=template.user, split=partial(split, template), system=template.system, markers=template.markers
    )


def _from_file(path: Path) -> ThoughtTemplate:
    from tpobench.harness.config import load_yaml
    from tpobench.harness.models.thought_file import ThoughtTemplateFile

    file = load_yaml(path, ThoughtTemplateFile)
    return ThoughtTemplate(file.user, file.response_marker, file.thought_marker, file.system)
