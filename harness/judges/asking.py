"""Ask a judge for every comparison that the store lacks, through the API client, and store each answer as it comes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from tpobench.harness.api.client import Call, Client, Reply
from tpobench.harness.api.responses import Malformed
from tpobench.harness.errors import UserError
from tpobench.harness.judges.base import Comparison, PairwiseJudge, Reading
from tpobench.harness.progress import Progress
from tpobench.harness.records import Judgment, text_key
from tpobench.harness.store.store import Store


@dataclass
class ModelJudge:
    """A judge and the client that reaches it."""

    judge: PairwiseJudge
    client: Client
    reporter: Progress
    retry_missing: bool = False

    def ensure(self, store: Store, comparisons: Sequence[Comparison], what: str) -> list[str]:
        """Every comparison's judgment is in the store when this returns; gives their keys in order.

        What is stored is not asked again, but for answers without a verdict when `retry_missing` is set. Raises
        UserError when calls remain unanswered; those that were answered are stored.
        """
        by_key = {comparison.key(self.judge.id): comparison for comparison in comparisons}
        keys = [comparison.key(self.judge.id) for comparison in comparisons]
        wanted = store.missing("judgment", list(by_key))
        if self.retry_missing:
            wanted += store.without_verdict(list(by_key))
        free = [key for key in wanted if self.judge.ties_identical and by_key[key].candidate == by_key[key].baseline]
        store.add_judgments(self._judgment(key, by_key[key], Reading("identical", 0.5), "") for key in free)
        paid = [key for key in wanted if key not in set(free)]
        if paid:
            self._ask(store, {key: by_key[key] for key in paid}, what)
        store.drain()
        return keys

    def _ask(self, store: Store, wanted: dict[str, Comparison], what: str) -> None:
        def accept(reply: Reply) -> str | Call | None:
            return self._take(store, wanted[reply.call.subject], reply)

        with self.reporter.calling(what, len(wanted)) as progress:
            for ended in self.client.ask_all(self._calls(wanted), accept):
                progress.advance(ended, self.client)
        if self.client.given_up:
            raise UserError(
                f"{self.client.given_up} of {len(wanted)} judgments got no answer ({self.client.last_problem}); the "
                "others are stored, the same command asks for the rest"
            )

    def _calls(self, wanted: dict[str, Comparison]) -> Iterator[Call]:
        for key, comparison in wanted.items():
            messages = self.judge.messages(comparison)
            for marker in comparison.markers:
                assert marker not in comparison.candidate, f"a thought would reach the judge: {marker!r} in {key}"
            yield Call(key, "judge", messages, self.judge.options)

    def _take(self, store: Store, comparison: Comparison, reply: Reply) -> str | Call | None:
        """Store the reply: with a judgment when it is the last word on the comparison."""
        key = reply.call.subject
        if reply.answer is None:
            last = (
                [self._judgment(key, comparison, Reading("refused", None), reply.problem or "")] if reply.final else []
            )
            store.add_judgments(last, [reply.record])
            return reply.problem
        # A judge that was asked to go on is read as one: what it said before, and what it added.
        earlier = [message["content"] for message in reply.call.messages if message["role"] == "assistant"]
        choice = reply.answer.choices[0]
        choice = replace(choice, text="\n".join([*earlier, choice.text]))
        try:
            reading = self.judge.read(choice)
        except Malformed as error:
            last = [self._judgment(key, comparison, Reading("unreadable", None), choice.text)] if reply.final else []
            store.add_judgments(last, [replace(reply.record, problem=str(error))])
            return str(error)
        if reading.first is None:
            messages = self.judge.follow_up(tuple(reply.call.messages), choice.text)
            if messages is not None:
                store.add_calls([reply.record])
                return Call(key, "judge", messages, self.judge.options)
        store.add_judgments([self._judgment(key, comparison, reading, choice.text)], [reply.record])
        return None

    def _judgment(self, key: str, comparison: Comparison, reading: Reading, raw: str) -> Judgment:
        return Judgment(
            key=key,
            judge=self.judge.id,
            prompt_key=comparison.prompt.key,
            response_a=text_key(comparison.candidate),
            response_b=text_key(comparison.baseline),
            chars_a=len(comparison.candidate),
            chars_b=len(comparison.baseline),
            order=comparison.order,
            verdict=reading.verdict,
            preference=reading.preference(comparison.order),
            raw=raw,
        )
