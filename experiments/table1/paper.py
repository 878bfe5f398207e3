"""The published table, its intervals, and what differs between the paper's runs and ours."""

from stn_lib.metrics import error_interval

DISTORTIONS = ("r", "rts", "p", "e", "tc")
TEST_DIGITS = 10_000

#: Error in per cent, Jaderberg et al. 2015, Table 1; TC from the text, which names no transform.
PAPER = {
    "fcn": {"r": 2.1, "rts": 5.2, "p": 3.1, "e": 3.2, "tc": 13.2},
    "cnn": {"r": 1.2, "rts": 0.8, "p": 1.5, "e": 1.4, "tc": 3.5},
    "st-fcn-affine": {"r": 1.2, "rts": 0.8, "p": 1.5, "e": 2.7, "tc": 2.0},
    "st-fcn-projective": {"r": 1.3, "rts": 0.9, "p": 1.4, "e": 2.6, "tc": 2.0},
    "st-fcn-tps": {"r": 1.1, "rts": 0.8, "p": 1.4, "e": 2.4, "tc": 2.0},
    "st-cnn-affine": {"r": 0.7, "rts": 0.5, "p": 0.8, "e": 1.2, "tc": 1.7},
    "st-cnn-projective": {"r": 0.8, "rts": 0.6, "p": 0.8, "e": 1.3, "tc": 1.7},
    "st-cnn-tps": {"r": 0.7, "rts": 0.5, "p": 0.8, "e": 1.1, "tc": 1.7},
}

#: What differs in every run, paper first. The number of images differs by column: `experiments.table1.cells.MILLIONS`.
DIFFERENCES = (
    "optimiser: SGD, learning rate 0.01, a tenth of it after each 50,000 steps, no weight decay; "
    "AdamW, learning rate 0.004 in one cycle, weight decay 0.02",
    "learning rate of the localisation network: that of the classifier; a quarter of it",
    "batch norm: not mentioned; after every layer, in the localisation network too",
    "label smoothing: not mentioned; 0.05",
    "CNN: convolutions of 9 × 9 and 7 × 7; three of 5 × 5, 3 × 3 and 3 × 3",
    "localisation network of the ST-CNN: two convolutions of 5 × 5 with 20 channels, 20 hidden units; "
    "5 × 5 with 16 channels and 3 × 3 with 24, 32 hidden units",
    "mean over 2 × 2 pixels on RTS and TC: in every network, behind its transformer if any; "
    "only in the FCN without a transformer",
    "patches of TC: not mentioned whether any is blank; nearly blank ones are replaced",
    "size of R, P and E: not mentioned; 28 × 28 pixels",
    "precision: not mentioned; products in bfloat16 where the processor computes with it",
    "seeds: three; three of each CNN and ST-CNN, one of each FCN and ST-FCN",
)


def plain_network(network: str) -> str:
    """The network without the transformer of one with it.

    Example:
        >>> plain_network("st-cnn-tps")
        'cnn'
    """
    return "cnn" if "cnn" in network else "fcn"


def paper_gap(distortion: str, network: str) -> float:
    """How much a transformer reduces the error in the paper, in percentage points.

    Example:
        >>> round(paper_gap("tc", "st-cnn-affine"), 1)
        1.8
    """
    return PAPER[plain_network(network)][distortion] - PAPER[network][distortion]


def paper_interval(distortion: str, network: str) -> tuple[float, float]:
    """Wilson's 95 % interval of a published error, as that of one network on 10,000 digits.

    The mean of three networks on the same digits is a little more certain; how much the paper does not tell.

    Example:
        >>> [round(end, 2) for end in paper_interval("rts", "st-cnn-affine")]
        [0.38, 0.66]
    """
    return error_interval(round(PAPER[network][distortion] * TEST_DIGITS / 100), TEST_DIGITS)
