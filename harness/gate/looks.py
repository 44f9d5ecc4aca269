"""Looks at a comparison: prompts that were looked at stay in front, in their order, and later ones are appended.

A test that may be looked at again and again keeps its error probability only if nothing that was seen can be left out
or put elsewhere. So the order of a comparison is entered in the store before anything is judged. The same test on more
prompts continues the same e-process (e-values multiply); on fewer or other ones it is another test.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from tpobench.harness.errors import UserError
from tpobench.harness.gate.comparison import Look, fresh_look
from tpobench.harness.gate.input import ROLES, GateInput, PreferenceSource, Role
from tpobench.harness.gate.policy import TESTED, Rules
from tpobench.harness.records import GateLook, content_key
from tpobench.harness.store.gates import judges_of_line, looks_of, prompts_before, similar_looks
from tpobench.harness.store.store import Store


@dataclass(frozen=True)
class OpenedLook:
    """A look that is entered in the store, and the key of the first look of its chain: the test's identity."""

    look: Look
    root: str


def require_judge_of_line(store: Store, line: str | None, gate_input: GateInput) -> None:
    """Raises UserError where the earlier gates of a line asked other judges: their error budget is about those."""
    judges = [] if line is None or gate_input.head_to_head is None else judges_of_line(store, line)
    if judges and gate_input.judge not in judges:
        raise UserError(
            f"the gates of the line {line!r} were decided by the judge {', '.join(judges)}, this one asks "
            f"{gate_input.judge}; go on with that judge, or begin another line"
        )


def prompts_left_out(
    store: Store, line: str | None, inputs: Collection[GateInput], looks: Collection[Mapping[Role, OpenedLook]]
) -> int:
    """How many prompts that earlier gates of the line looked at are in none of these comparisons. Whoever may choose
    prompts after they were judged needs no luck, and no share of alpha pays for that."""
    roots = [opened.root for of_part in looks for opened in of_part.values()]
    if line is None or not roots:
        return 0
    present = {prompt.text_key for gate_input in inputs for prompt in gate_input.prompts}
    return len(prompts_before(store, line, roots) - present)


def told_of_repeats(store: Store, line: str | None, rules: Rules, gate_input: GateInput) -> GateInput:
    """The input with a warning where this pair was tested before, and no line shares the error between the tests."""
    if gate_input.head_to_head is None:
        return gate_input
    candidate, against = gate_input.candidate_fingerprint, gate_input.baseline_fingerprint
    key = test_key(rules, gate_input, "head_to_head")
    observations = _fresh(gate_input.head_to_head, rules.clusters)
    chain = continued_chain(looks_of(store, key), observations, grows=rules.clusters is None)
    root = chain[0].key if chain else ""
    others = similar_looks(store, candidate, against, observations, line=line or "", before=root)
    if not others:
        return gate_input
    times = "once" if len(others) == 1 else f"{len(others)} times"
    where = "" if line is None else " outside this line"
    warning = (
        f"this pair, or one with the same answers, was tested {times} before{where} "
        "with other answers, prompts, rules or another judge, and each test may spend its whole alpha; a 'line' in the "
        "policy shares it"
    )
    return replace(gate_input, warnings=(*gate_input.warnings, warning))


def test_key(rules: Rules, gate_input: GateInput, role: Role) -> str:
    """What is tested in this role: by which judge, by which rules; whatever else a policy says (block, pins, names)
    changes no test. Which answers of which models, observations say: a file of answers that has grown is another model
    by its fingerprint, and the same test."""
    stated = {name: getattr(rules, name) for name in TESTED}
    dumped = {name: None if rule is None else rule.model_dump() for name, rule in stated.items()}
    return content_key("test", role, gate_input.judge, dumped | {"clusters": rules.clusters})


def open_looks(
    store: Store, rules: Rules, gate_input: GateInput, *, line: str = "", part: str = ""
) -> Mapping[Role, OpenedLook]:
    """Enter a gate's look at each of its comparisons, before anything is judged.

    Args:
        store: Where looks are kept.
        rules: Of the policy, or of one of its benchmarks.
        gate_input: What is compared.
        line: The line of models, where the policy names one.
        part: The name of the benchmark in the policy, where it has several.
    """
    opened: dict[Role, OpenedLook] = {}
    for role in ROLES:
        source = gate_input.source(role)
        if source is not None:
            about = {
                "test": test_key(rules, gate_input, role),
                "role": _named(role, part),
                "candidate": gate_input.candidate_fingerprint,
                "against": source.fingerprint,
                "judge": gate_input.judge,
                "line": line,
            }
            opened[role] = _open(store, source, rules.clusters, about)
    return opened


def _open(store: Store, source: PreferenceSource, clusters: str | None, about: Mapping[str, str]) -> OpenedLook:
    fresh = _fresh(source, clusters)
    text_keys = {key: prompt.text_key for key, prompt in zip(source.observations, source.prompts, strict=True)}
    chain = continued_chain(looks_of(store, about["test"]), fresh, grows=clusters is None)
    known = tuple(key for look in chain for key in look.observations)
    added = tuple(key for key in fresh if key not in set(known))
    if added or not chain:
        parent = chain[-1].key if chain else ""
        look = GateLook(**about, parent=parent, observations=added, prompts=[text_keys[key] for key in added])
        store.add_look(look)
        chain = (*chain, look)
    return OpenedLook(Look((*known, *added), len(chain[0].observations)), chain[0].key)


def continued_chain(looks: Sequence[GateLook], observations: Sequence[str], grows: bool = True) -> tuple[GateLook, ...]:
    """The looks that these observations continue, the first one first: the longest chain of which every observation is
    among them; none where something that was looked at is left out. With `grows` false, only one that they equal:
    a prompt that joins a cluster would change what was seen."""
    present = set(observations)
    chains: dict[str, tuple[GateLook, ...]] = {}
    for look in looks:  # a look is opened after its parent
        chain = (*chains.get(look.parent, ()), look)
        if present.issuperset(look.observations) and (not look.parent or look.parent in chains):
            chains[look.key] = chain
    fitting = [chain for chain in chains.values() if grows or _size(chain) == len(present)]
    return max(fitting, key=_size, default=())


def _fresh(source: PreferenceSource, clusters: str | None) -> tuple[str, ...]:
    """The observations in the order in which they are consumed where none was looked at before."""
    return fresh_look(source, clusters).order


def _named(role: Role, part: str) -> str:
    return f"{part}/{role}" if part else role


def _size(chain: Sequence[GateLook]) -> int:
    return sum(len(look.observations) for look in chain)
