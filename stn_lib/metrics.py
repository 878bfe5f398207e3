"""Numbers that say how good a network is, and how far to trust them."""

import math


def error_interval(errors: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's interval for an error rate: which true rates fit `errors` mistakes in `n` trials.

    Convention:
        In per cent, as the paper's tables. It stays within [0, 100] and works at 0 errors, where the usual
        p ± z·sqrt(p(1-p)/n) claims certainty. It takes the trials for independent.

    Args:
        errors: number of wrong answers, 0 <= errors <= n.
        n: number of answers.
        z: how many standard deviations; the default gives 95 %.

    Returns:
        (low, high) in per cent.

    Raises:
        ValueError: for counts that cannot be.

    Example:
        >>> low, high = error_interval(70, 10_000)  # the paper's 0.7 % on MNIST's test set
        >>> f"{low:.2f} to {high:.2f} %"
        '0.55 to 0.88 %'

    Source: Wilson, JASA 22(158), 1927.
    Chapter: 7
    """
    if n < 1 or not 0 <= errors <= n:
        raise ValueError(f"expected n >= 1 and 0 <= errors <= n, got errors={errors}, n={n}")
    rate = errors / n
    middle = (rate + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(rate * (1 - rate) / n + z * z / (4 * n * n))
    return 100 * max(0.0, middle - half), 100 * min(1.0, middle + half)
