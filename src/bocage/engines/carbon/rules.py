"""Reading a merchant's text: words, brands and movements of money, in the languages of the ten countries.

A pattern is one or more words. A word may end in `*` (begins with); a pattern of one word may start with `*` (ends
with); a Chinese pattern is found anywhere in a word, as Chinese has no spaces. Matching looks at each word of a text
once, so its time grows with the text and hardly with the number of rules.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

KEY_WORDS = 2
PREFIX_CHARACTERS = 2
CACHED_TEXTS = 100_000
SQUEEZED_CHARACTERS = 6
SHORTEST_CUT_CHARACTERS = 3
CUT_FROM_CHARACTERS = 20
LATER_WORD_DOUBT = Decimal("0.02")
SHORT_INTERMEDIARY_CHARACTERS = 3
DOUBT = Decimal("0.8")
RIVAL_DISTANCE = Decimal("0.12")
_APOSTROPHES = str.maketrans("", "", "'’`´")
_BETWEEN_WORDS = re.compile(r"[^0-9A-Z一-鿿]+")
_ADDRESS_ENDS = frozenset(("COM", "CO", "NET", "ORG", "EU", "FR", "DE", "ES", "IT", "NL", "BE", "CH", "CN", "UK", "US"))
_CHINESE = re.compile(r"[一-鿿]")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A rule of the book. `sign` is "out", "in" or "both"; `weak` gives way to any bill that names what is paid."""

    written: str
    item: str
    countries: frozenset[str]
    sign: str
    probability: Decimal
    weak: bool
    paid_by_transfer: bool


@dataclass(frozen=True, slots=True)
class Found:
    """What a text says: the rule that won, how sure, whether a refund is named, and who stood in between."""

    pattern: Pattern | None
    probability: Decimal
    refund: bool
    intermediary: str
    merchant: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Match:
    pattern: Pattern
    start: int
    end: int
    characters: int


type _Beginnings = tuple[tuple[tuple[str, ...], Pattern, int], ...]


@lru_cache(maxsize=CACHED_TEXTS)
def words(text: str) -> tuple[str, ...]:
    """The text in capitals without accents, apostrophes or punctuation, as words."""
    plain = unicodedata.normalize("NFKD", text.upper().replace("ß", "SS"))
    kept = "".join(c for c in plain if not unicodedata.combining(c)).translate(_APOSTROPHES)
    return tuple(_BETWEEN_WORDS.sub(" ", kept).split())


class Rules:
    """The patterns of a book, indexed by their first word."""

    def __init__(
        self, patterns: Iterable[Pattern], intermediaries: Mapping[str, str], bank_words: Iterable[str]
    ) -> None:
        self.patterns = tuple(patterns)
        self.intermediaries: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for written, name in sorted(intermediaries.items(), key=lambda pair: (-len(pair[0]), pair[0])):
            prefix = words(written)
            self.intermediaries.setdefault(prefix[0], []).append((prefix, name))
        self._exact: dict[str, list[tuple[tuple[str, ...], Pattern]]] = {}
        self._starts: dict[str, list[tuple[tuple[str, ...], Pattern]]] = {}
        self._squeezed: dict[str, Pattern] = {}
        self._in_domains: list[tuple[str, Pattern]] = []
        self._ends: list[tuple[str, Pattern]] = []
        self._contains: list[tuple[str, Pattern]] = []
        for pattern in self.patterns:
            self._index(pattern)
        # Words banks put around a merchant's name, and words of refunds, do not say who was paid.
        refunds = (word for p in self.patterns if p.item == "refund" for word in words(p.written))
        self._unnamed = frozenset(refunds) | frozenset(bank_words)
        self._beginning = lru_cache(maxsize=CACHED_TEXTS)(self._begin)
        self.read = lru_cache(maxsize=CACHED_TEXTS)(self._read)

    def _index(self, pattern: Pattern) -> None:
        parts = tuple(_part(word) for word in pattern.written.upper().split())
        first = parts[0]
        if _CHINESE.search(first):
            self._contains.append((first, pattern))
        elif first.startswith("*"):
            self._ends.append((first[1:], pattern))
        elif first.endswith("*"):
            self._starts.setdefault(first[:PREFIX_CHARACTERS], []).append((parts, pattern))
        else:
            self._exact.setdefault(first, []).append((parts, pattern))
            self._index_in_addresses(parts, pattern)

    def _index_in_addresses(self, parts: tuple[str, ...], pattern: Pattern) -> None:
        squeezed = "".join(parts).rstrip("*")
        if len(parts) > 1 and len(squeezed) >= SQUEEZED_CHARACTERS:
            self._squeezed.setdefault(squeezed, pattern)
        elif len(parts) == 1 and len(squeezed) >= SQUEEZED_CHARACTERS:
            self._in_domains.append((squeezed, pattern))

    def _read(self, text: str, country: str, is_in: bool) -> Found:
        """The best rule for the text of money in or out in that country; `pattern` is None where none fits."""
        tokens = words(text)
        intermediary, skipped = self._intermediary(text, tokens)
        sign = "in" if is_in else "out"
        usable = [m for m in self._matches(tokens) if _applies(m.pattern, country, sign)]
        refund = any(m.pattern.item == "refund" for m in usable)
        usable = [m for m in usable if m.pattern.item != "refund" and not (skipped and m.end <= skipped)]
        merchant = self._merchant(tokens[skipped:])
        if not usable:
            return Found(None, Decimal(0), refund, intermediary, merchant)
        widest = [m for m in usable if not any(_inside(m, other) for other in usable)]
        moved = any(m.pattern.weak for m in widest)
        # Of money in, what is said of money in tells more than which shop it may be.
        ranked = sorted(
            widest,
            key=lambda m: (
                _rank(m, moved),
                is_in and m.pattern.sign == "out",
                _likelihood(m),
                -m.characters,
                m.start,
                m.pattern.item,
            ),
        )
        best = ranked[0]
        rivals = any(_rivals(m, best) and _rank(m, moved) == _rank(best, moved) for m in ranked)
        probability = (best.pattern.probability * DOUBT).normalize() if rivals else best.pattern.probability
        return Found(best.pattern, probability, refund, intermediary, merchant)

    def _matches(self, tokens: tuple[str, ...]) -> Iterator[_Match]:
        for start, token in enumerate(tokens):
            for rest, pattern, characters in self._beginning(token):
                if not rest:
                    yield _Match(pattern, start, start + 1, characters)
                elif _follows(tokens, start + 1, rest):
                    yield _Match(pattern, start, start + 1 + len(rest), characters + sum(map(len, rest)))
            if _in_domain(tokens, start):
                for inner, pattern in self._in_domains:
                    if inner in token and inner != token:
                        yield _Match(pattern, start, start + 1, len(inner))

    def _begin(self, token: str) -> _Beginnings:
        """The patterns whose first word the token may be, with their other words and the letters matched so far."""
        found = [(parts[1:], pattern, len(token)) for parts, pattern in self._exact.get(token, ())]
        for parts, pattern in self._starts.get(token[:PREFIX_CHARACTERS], ()):
            if token.startswith(parts[0][:-1]):
                found.append((parts[1:], pattern, len(parts[0]) - 1))
        if (squeezed := self._squeezed.get(token)) is not None:
            found.append(((), squeezed, len(token)))
        found += [((), pattern, len(ending)) for ending, pattern in self._ends if token.endswith(ending)]
        if _CHINESE.search(token):
            found += [((), pattern, len(inner)) for inner, pattern in self._contains if inner in token]
        return tuple(found)

    def _intermediary(self, text: str, tokens: tuple[str, ...]) -> tuple[str, int]:
        for prefix, name in self.intermediaries.get(tokens[0], ()) if tokens else ():
            length, letters = len(prefix), sum(map(len, prefix))
            if tokens[:length] != prefix or len(tokens) == length:
                continue
            # Two or three letters alone are too common to be a payment firm: the mark after them is asked for.
            marked = text[letters:].lstrip()[:1] in ("*", "_") or "  " in text[: len(text) - len(tokens[-1])]
            if marked or letters > SHORT_INTERMEDIARY_CHARACTERS:
                return name, length
        return "", 0

    def name(self, text: str) -> str:
        """The words of a text that may name a merchant: not the payment firm's, not those banks put around it."""
        tokens = words(text)
        _, skipped = self._intermediary(text, tokens)
        named = [w for w in tokens[skipped:] if w not in self._unnamed]
        return " ".join(named or tokens[skipped:])

    def _merchant(self, tokens: tuple[str, ...]) -> tuple[str, ...]:
        named = [w for w in tokens if len(w) > 1 and not w.isdigit() and w not in self._unnamed]
        return tuple(named[:KEY_WORDS])


def _part(word: str) -> str:
    stars = ("*" if word.startswith("*") else "", "*" if word.endswith("*") and len(word) > 1 else "")
    return stars[0] + "".join(words(word.strip("*"))) + stars[1]


def _follows(tokens: tuple[str, ...], start: int, parts: tuple[str, ...]) -> bool:
    """Whether the words after a pattern's first are there; the text's last word may be one of them cut off."""
    if start + len(parts) > len(tokens):
        return False
    for offset, part in enumerate(parts):
        token = tokens[start + offset]
        if _cut_short(tokens, start + offset, part):
            continue
        if part.endswith("*"):
            if not token.startswith(part[:-1]):
                return False
        elif token != part:
            return False
    return True


def _cut_short(tokens: tuple[str, ...], place: int, part: str) -> bool:
    """Whether the text's last word may be `part` cut off, as card networks cut a merchant's name at 22 to 25 marks."""
    if place != len(tokens) - 1 or not SHORTEST_CUT_CHARACTERS <= len(tokens[place]) < len(part):
        return False
    return part.startswith(tokens[place]) and sum(map(len, tokens)) + len(tokens) - 1 >= CUT_FROM_CHARACTERS


def _applies(pattern: Pattern, country: str, sign: str) -> bool:
    if pattern.countries and country not in pattern.countries:
        return False
    # Money in from a shop is a refund or a sale: the shop's rule still says which shop it is.
    return pattern.sign in ("both", sign) or (pattern.sign == "out" and sign == "in")


def _inside(match: _Match, other: _Match) -> bool:
    """Whether the other covers some of the same words and more letters: "LECLERC STATION" over "LECLERC"."""
    return other.characters > match.characters and other.start < match.end and match.start < other.end


def _in_domain(tokens: tuple[str, ...], place: int) -> bool:
    """Whether the word is the name in a web address, where words stand together: "www.officefurniture.co"."""
    after = tokens[place + 1] if place + 1 < len(tokens) else ""
    return len(tokens[place]) > SQUEEZED_CHARACTERS and (after in _ADDRESS_ENDS or tokens[max(0, place - 1)] == "WWW")


def _likelihood(match: _Match) -> Decimal:
    """Smaller is likelier. The name mostly comes first, the place and the branch after it."""
    return match.start * LATER_WORD_DOUBT - match.pattern.probability


def _rivals(match: _Match, best: _Match) -> bool:
    near = match.pattern.probability > best.pattern.probability - RIVAL_DISTANCE
    return match.pattern.item != best.pattern.item and near


def _rank(match: _Match, moved: bool) -> int:
    """0 wins: bills over plain transfers, plain transfers over shops that a person's name may only look like."""
    if not moved or match.pattern.paid_by_transfer:
        return 0
    return 1 if match.pattern.weak else 2
