"""The error budget of a release train: successive gates of one line of models share their alphas.

The k-th gate of a line may spend 6 / (pi k)^2 of every alpha of its policy; all shares sum to 1, so that fifty attempts
together promote noise no more often than one would. An attempt is entered before anything is judged: looking and
giving up counts. A test that is continued on more prompts stays one attempt; whatever else differs (answers of another
seed or temperature, fewer or other prompts, another rule) makes another.
"""

from dataclasses import replace

from tpobench.harness.records import GateAttempt
from tpobench.harness.stats.multiplicity import share_of_attempt
from tpobench.harness.store.gates import Attempt, attempt_at_test, attempt_with_key, last_attempt
from tpobench.harness.store.store import Store


def open_attempt(store: Store, line: str, *, candidate: str, against: str, test: str, former_test: str = "") -> Attempt:
    """Enter a gate in its line.

    Args:
        store: Where the ledger is.
        line: The line of models.
        candidate: The candidate's fingerprint.
        against: The baseline's fingerprint.
        test: The key of everything that is tested: every observation of the first look, and the rules.
        former_test: What this key would have been before looks were stored: an attempt of that time stays one.

    Returns:
        The attempt. The same gate again is the same attempt, and spends nothing more; anything else takes the next
        number.
    """
    number = last_attempt(store, line) + 1
    share = share_of_attempt(number)
    attempt = GateAttempt(line=line, number=number, candidate=candidate, against=against, test=test, share=share)
    known = attempt_at_test(store, line, test)
    known = known or attempt_with_key(store, replace(attempt, test=former_test).key)
    if known is not None:
        return known
    store.add_attempt(attempt)
    return Attempt(attempt.key, number, share)
