"""How a judge declares what stands behind the colon of its name."""

from collections.abc import Callable
from dataclasses import dataclass

from tpobench.harness.judges.base import Judge
from tpobench.harness.judges.request import JudgeRequest


@dataclass(frozen=True)
class JudgeDeclaration:
    """A judge that is named with an argument. An entry point names one of these, or a function like `make` where no
    argument is needed.

    Attributes:
        argument: What has to stand behind the colon, for example ``FILE.yaml``.
        make: The judge that is asked for; imports what is heavy inside, since `--help` reads declarations.
    """

    argument: str
    make: Callable[[JudgeRequest], Judge]

    def __call__(self, request: JudgeRequest) -> Judge:
        """Raises UserError where nothing stands behind the colon."""
        request.require_argument(self.argument)
        return self.make(request)
