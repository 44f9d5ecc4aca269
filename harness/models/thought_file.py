"""The file form of a thought prompt of the user's: ``think:FILE.yaml``."""

from pydantic import Field, model_validator

from tpobench.harness.config import FileModel


class ThoughtTemplateFile(FileModel):
    """A thought prompt: the message in which it asks, and the markers by which an output is taken apart."""

    user: str = Field(description="the user message; {prompt} stands for the query")
    response_marker: str = Field(min_length=1)
    thought_marker: str | None = Field(default=None, min_length=1)
    system: str | None = None

    @model_validator(mode="after")
    def _has_a_place_for_the_query(self) -> "ThoughtTemplateFile":
        if "{prompt}" not in self.user:
            raise ValueError("the user message needs {prompt} where the query goes")
        if self.thought_marker and (
            self.thought_marker in self.response_marker or self.response_marker in self.thought_marker
        ):
            raise ValueError("one marker is part of the other, so outputs could not be split")
        return self
