"""What is said, made comparable: words of any script, sentences that ask, phrases that mean no more than they say.

No model and no network. Words are compared as they are written: what is said again in other words is not found.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

MOST_CHARACTERS, MOST_WORDS = 1_000, 60
"""What is looked at of one utterance: comparing takes longer than in proportion."""
_MOST_TIMES = 4
"""So often one word of an utterance is looked at."""

_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
"""Scripts without spaces between words: each sign counts as half a word."""
_SIGN_WEIGHT = 0.5

_SENTENCE = re.compile("[^.!?\u2026\u3002\uff01\uff1f\u061f\u037e\u055e\u0964\n]+[?\uff1f\u061f\u037e\u055e]?")
_ASKS = re.compile("[?\uff1f\u061f\u037e\u055e]$|\u00bf|(?:[\u3059\u3093]\u304b|\u5417|\u5462)$")
"""A question's mark in Latin, East Asian, Arabic, Greek, Armenian; Japanese `ka`, Chinese `ma`, `ne` without one."""

_OPENING = 3.0
"""So many words at the beginning ("Well, so …", "No, …") may be others without making it less alike."""

_NEAR = 0.7
"""Two words are one word in two forms from this similarity of their letters on."""
_LONGEST = 60
"""Letters of words that are compared: it takes as long as the square of them."""


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text[:MOST_CHARACTERS]).casefold()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, folded, without punctuation; of a script without spaces its signs."""
    found: list[str] = []
    word = ""
    for sign in _folded(text):
        kind = unicodedata.category(sign)[0]
        if kind == "M":  # belongs to the sign before it
            word += sign
        elif _UNSPACED.match(sign):
            found += [word, sign] if word else [sign]
            word = ""
        elif kind in "LN":
            word += sign
        elif sign not in "'\u2019":
            found += [word] if word else []
            word = ""
    return _few([*found, word] if word else found)


def _few(words: list[str]) -> tuple[str, ...]:
    """Return the first words, each at most some times: comparing takes as long as the cube of how often."""
    times: dict[str, int] = {}
    kept = []
    for one in words:
        times[one] = times.get(one, 0) + 1
        if times[one] <= _MOST_TIMES:
            kept.append(one)
    return tuple(kept[:MOST_WORDS])


def weight(words: Sequence[str]) -> float:
    """Return how many words there are, signs of scripts without spaces as half a word."""
    return sum(_SIGN_WEIGHT if _UNSPACED.match(one) else 1.0 for one in words)


@dataclass(frozen=True)
class Sentence:
    """One sentence.

    Args:
        words: of it.
        asks: it is a question.
    """

    words: tuple[str, ...]
    asks: bool


@dataclass(frozen=True)
class Utterance:
    """What one side said in one go.

    Args:
        text: as transcribed or sent to synthesis.
    """

    text: str

    @cached_property
    def words(self) -> tuple[str, ...]:
        """Its words."""
        return words_of(self.text)

    @cached_property
    def sentences(self) -> tuple[Sentence, ...]:
        """Its sentences that have words."""
        parts = (one.strip() for one in _SENTENCE.findall(self.text[:MOST_CHARACTERS]))
        made = (Sentence(words_of(one), bool(_ASKS.search(one))) for one in parts)
        return tuple(one for one in made if one.words)

    @property
    def asks(self) -> bool:
        """Whether it has a question."""
        return any(one.asks for one in self.sentences)

    def means(self, phrases: Sequence[tuple[str, ...]]) -> bool:
        """Return whether one of some phrases is in it."""
        return any(_within(phrase, self.words) for phrase in phrases)


@dataclass(frozen=True)
class Likeness:
    """How much two texts have in common.

    Args:
        shared: weight of the words of both, in the same order.
        of_shorter: their share of the shorter one.
        of_longer: their share of the longer one.
        other: the same said of something else: a number, or a word after the first ones, is replaced.
    """

    shared: float
    of_shorter: float
    of_longer: float
    other: bool


def likeness(one: Sequence[str], two: Sequence[str]) -> Likeness:
    """Compare two texts by their words in order."""
    if not one or not two:
        return Likeness(0.0, 0.0, 0.0, other=False)
    shared, other = 0.0, _digits(one) != _digits(two)
    sizes = [weight(one), weight(two)]
    for kind, a, b, c, d in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            shared += weight(one[a:b])
        elif kind == "replace":
            if near("".join(one[a:b]), "".join(two[c:d])):
                shared += min(weight(one[a:b]), weight(two[c:d]))
            elif a and c:
                other = True
            else:  # at the beginning it is only said differently
                sizes[0] -= min(_OPENING, weight(one[a:b]))
                sizes[1] -= min(_OPENING, weight(two[c:d]))
    lesser, greater = (max(size, _SIGN_WEIGHT) for size in sorted(sizes))
    return Likeness(shared, min(1.0, shared / lesser), min(1.0, shared / greater), other)


def numeric(words: Sequence[str]) -> bool:
    """Return whether most of a text is numbers and single letters: a number or a name that is spelled."""
    spelled = sum(any(map(str.isdigit, one)) or (len(one) == 1 and not _UNSPACED.match(one)) for one in words)
    return spelled * 2 >= len(words)


def _digits(words: Sequence[str]) -> str:
    return "".join(sign for one in words for sign in one if sign.isdigit())


def near(one: str, two: str) -> bool:
    """Return whether two words are one word in two forms; what is too long for words is not compared."""
    if max(len(one), len(two)) > _LONGEST:
        return False
    if one in two or two in one:
        return min(len(one), len(two)) > 2  # noqa: PLR2004 - an article is part of many words
    return SequenceMatcher(None, one, two, autojunk=False).ratio() >= _NEAR


def _within(phrase: tuple[str, ...], words: tuple[str, ...]) -> bool:
    size = len(phrase)
    return any(words[at : at + size] == phrase for at in range(len(words) - size + 1))


def _phrases(*texts: str) -> tuple[tuple[str, ...], ...]:
    return tuple(words_of(one) for text in texts for one in text.split("|"))


# What has to be known of a language: without it a look-alike counts. Languages: English, German, French, Spanish,
# Italian, Portuguese, Dutch, Polish, Japanese, Chinese.
AGAIN = _phrases(
    "repeat|say that again|say it again|say again|once more|one more time|pardon|didnt catch|did not catch|spell",
    "wiederholen|noch einmal|nochmal|noch mal|wie bitte|buchstabieren",
    "répéter|répétez|répète|redire|encore une fois|épeler",
    "repetir|repita|repite|otra vez|de nuevo|deletrear|outra vez|de novo|novamente|soletrar",
    "ripetere|ripeta|ripeti|un'altra volta|di nuovo|herhalen|nog een keer|nogmaals|spellen",
    "powtórzyć|powtórz|jeszcze raz|もう一度|もう一回|繰り返し|再说一遍|再说一次|重复",
)
"""Asks that something be said again."""
MORE = _phrases(
    "anything else|something else|what else|noch etwas|sonst noch|noch was|autre chose|algo más|otra cosa",
    "altro|mais alguma coisa|algo mais|nog iets|verder nog|iets anders|coś jeszcze",
    "w czymś jeszcze|他に|ほかに|还有|其他",
)
"""Offers to go on once something is done: may be asked as often as there are things to do."""
CLOSING = _phrases(
    "bye|goodbye|good bye|thank you|thanks|have a nice|have a great|have a good|have a lovely|take care|see you",
    "thats all|that is all|that was all|das war alles|das wars|cest tout|eso es todo|è tutto|é tudo|dat was alles",
    "tschüss|tschüß|auf wiederhören|auf wiedersehen|danke|vielen dank|schönen tag",
    "au revoir|merci|bonne journée|bonne soirée|adiós|hasta luego|gracias|que tenga|obrigado|obrigada|tchau|até logo",
    "arrivederci|grazie|buona giornata|ciao|tot ziens|doei|bedankt|dank je|dank u|do widzenia|dziękuję",
    "さようなら|失礼します|失礼いたします|ありがとう|再见|谢谢",
)
"""Ends a call in peace."""
FILLERS = frozenset({
    "um", "uh", "uhm", "hm", "hmm", "mm", "mhm", "er", "erm", "äh", "ähm", "öh", "euh", "heu", "eh", "ehm", "este",
    "hum", "え", "えっと", "あの", "うーん", "嗯", "呃", "well", "so", "ok", "okay",
})  # fmt: skip
"""Sounds that answer nothing."""
