"""Which requests are sampled together: a pure plan, so that the same requests always form the same batches."""

from collections.abc import Sequence


def plan_batches(
    lengths: Sequence[int], max_new_tokens: int, token_budget: int, max_rows: int, equal_from: int | None = None
) -> list[list[int]]:
    """Indices of the requests in batches of similar prompt length, longest first (the peak memory comes first).

    A batch of n rows whose longest prompt has p tokens costs n * (p + max_new_tokens) cached tokens, at most
    `token_budget`; a single request over the budget forms a batch of its own. Prompts of `equal_from` tokens and more
    are batched only with prompts of their own length.
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batches:
            batch = batches[-1]
            cost = (len(batch) + 1) * (lengths[batch[0]] + max_new_tokens)
            longest = lengths[batch[0]]
            alike = equal_from is None or longest < equal_from or lengths[index] == longest
            if len(batch) < max_rows and cost <= token_budget and alike:
                batch.append(index)
                continue
        batches.append([index])
    return batches


def gpu_limits(free_bytes: int, cached_bytes_per_token: int) -> tuple[int, int]:
    """The token budget of one batch, and its most rows, for a GPU with so much memory free beside the weights.

    Half of what is free goes to the key-value cache; the other half is for the copy that a layer's cache is grown
    into, for reading prompts, and for the logits (rows by vocabulary).
    """
    budget = max(1, free_bytes // 2 // cached_bytes_per_token)
    return budget, 256
