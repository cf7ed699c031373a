"""What the model looks at: the words and letters of a merchant's name, and the size of the amount.

Each feature is a string; its place is a CRC-32 modulo `PLACES` (the hashing trick, Weinberger et al. 2009), its weight
a whole number of thousandths. Whole numbers from here to the answer, so that every machine answers alike.
"""

import zlib
from collections import Counter
from itertools import pairwise
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from bocage.engines.carbon.rules import words

PLACES = 8192
TEXT_MILLI = 3_000  # the length of the vector of a whole text
AMOUNT_MILLI = 500  # of each thing said of the amount
LETTERS = (3, 4, 5)
CODE_DIGITS = 2
CODE_CHARACTERS = 7
COUNTED_WORDS = 6
WORDS_LIMIT = 40

type Features = tuple[NDArray[np.int64], NDArray[np.int64]]


def features(text: str, amount_minor: int = 0, exponent: int = 2) -> Features:
    """The places and weights (thousandths) of a text, and of an amount unless it is 0."""
    weights: dict[int, int] = {}
    named = Counter(_of_text(text))
    total = sum(count * count for count in named.values())
    for name, count in named.items():
        _add(weights, name, isqrt(TEXT_MILLI * TEXT_MILLI * count * count // total))
    if amount_minor:
        for name in _of_amount(abs(amount_minor), exponent):
            _add(weights, name, AMOUNT_MILLI)
    places = np.fromiter(weights, dtype=np.int64, count=len(weights))
    return places, np.fromiter(weights.values(), dtype=np.int64, count=len(weights))


def _add(weights: dict[int, int], name: str, milli: int) -> None:
    place = zlib.crc32(name.encode()) % PLACES
    weights[place] = weights.get(place, 0) + milli


def _of_text(text: str) -> list[str]:
    """Whole words, neighbours, the first word, runs of letters within a word, and how many words there are."""
    found: list[str] = []
    tokens = words(text)[:WORDS_LIMIT]
    for word in tokens:
        if word.isdigit():
            found.append("a number")
            continue
        if sum(map(str.isdigit, word)) >= CODE_DIGITS and len(word) >= CODE_CHARACTERS:
            found.append("a code")
        found.append(f"word {word}")
        bounded = f"^{word}$"
        found += [bounded[i : i + size] for size in LETTERS for i in range(len(bounded) - size + 1)]
    found += [f"words {a} {b}" for a, b in pairwise(tokens)]
    if tokens:
        found.append(f"first {tokens[0]}")
    found.append(f"{min(len(tokens), COUNTED_WORDS)} words")
    return found


def _of_amount(amount_minor: int, exponent: int) -> tuple[str, ...]:
    """Its size in half powers of two (and the one below, so that neighbours share), and whether it is a round sum."""
    hundredths = amount_minor * 100 // 10**exponent
    size = (max(1, hundredths) ** 2).bit_length()
    rest = hundredths % 100
    ending = "round" if rest == 0 else "99" if rest == 99 else "odd"
    return f"size {size}", f"size {size} or below", f"size {size - 1} or below", f"ends {ending}"
