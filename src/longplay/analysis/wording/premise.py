"""PREMISE (Hedderich et al. 2022), the paper's miner: sets of words, by description length. Knows no speakers."""

import platform
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory

from longplay.specs import LongplayError
from longplay.stats.word_patterns import LEAST_TEXTS, Gram, Pattern, Present, Texts, described

# Named by us, not looked for by pypremise: it would try each, and write a file into the home directory.
_ENGINES = {
    ("linux", "x86_64"): "Premise_Linux",
    ("darwin", "arm64"): "Premise_Applesilicon",
    ("win32", "AMD64"): "Premise_Windows.exe",
}


_INSTEAD = "Use the miner built-in, or install pypremise anew."
_MOST_SAID = 200


class PremiseError(LongplayError):
    """PREMISE cannot be used here; the message says what to do instead."""


class Premise:
    """Sets of spaCy's tokens, case kept, in pypremise's own settings; needs the extra `patterns`.

    Words that fewer than LEAST_TEXTS texts have are left out: by its own Fisher test none could be selected, and it
    would take far longer. It takes minutes where whole sentences recur.
    """

    method = "PREMISE (pypremise, its own settings) on spaCy's tokens; a text has a pattern that has all its words"

    def __init__(self) -> None:
        """Raises PremiseError where the extra is not installed, or PREMISE has no program for this machine."""
        engine = _ENGINES.get((sys.platform, platform.machine()))
        if engine is None:
            raise PremiseError(f"PREMISE has no program for {platform.machine()}; use the miner built-in.")
        try:
            import pypremise
            import spacy
        except ImportError as error:
            raise PremiseError(
                f"PREMISE needs {error.name}. Use the miner built-in, or install it in longplay's source folder with: "
                "pip install '.[patterns]'"
            ) from None
        self._engine = str(files(pypremise) / engine)
        self._tokenizer = spacy.blank("en").tokenizer

    def split(self, text: str) -> list[str]:
        """Tokens of spaCy's blank English tokenizer, without white space."""
        # spaCy's strings must be valid Unicode
        tokens = self._tokenizer(text.encode(errors="replace").decode())
        return [token.text for token in tokens if not token.is_space]

    def mine(self, texts: Sequence[str], others: Sequence[str]) -> list[Pattern]:
        """Patterns by decreasing gain. Without word vectors PREMISE knows no alternatives: a clause is one word."""
        if not texts or not others:
            return []
        here, there = ([self.split(text) for text in side] for side in (texts, others))
        known = Counter(word for found in (*here, *there) for word in set(found))
        sides = [[[word for word in found if known[word] >= LEAST_TEXTS] for found in side] for side in (here, there)]
        if not any(found for side in sides for found in side):
            return []
        patterns = list(dict.fromkeys(self._run(sides[0], sides[1])))
        read = [Texts(side, self.split) for side in (texts, others)]
        return described(patterns, *(self.present(side, patterns) for side in read))

    def _run(self, here: Sequence[Sequence[str]], there: Sequence[Sequence[str]]) -> list[Gram]:
        """PREMISE as pypremise runs it, but in a folder that is gone afterwards, also where it fails.

        Raises PremiseError where the program fails, or says something else than patterns.
        """
        from pypremise import Premise, io

        settings = Premise()
        number = {word: i for i, word in enumerate(dict.fromkeys(word for text in (*there, *here) for word in text))}
        words = list(number)
        with TemporaryDirectory() as folder:
            features, labels, results = (Path(folder) / name for name in ("features", "labels", "results"))
            lines = (" ".join(map(str, sorted({number[word] for word in text}))) for text in (*there, *here))
            features.write_text("".join(f"{line}\n" for line in lines), "ascii")
            labels.write_text("0\n" * len(there) + "1\n" * len(here), "ascii")
            results.touch()
            overlaps = settings.fisher_p_value, settings.clause_max_overlap, settings.min_overlap
            self._call(features, labels, results, "", -1, 0, *overlaps)
            try:
                found = io.parse_premise_result(str(results), "", "")
                return [tuple(words[int(clause[0])] for clause in one.pattern.clauses) for one in found]
            except (OSError, ValueError, IndexError) as error:
                raise PremiseError(f"what PREMISE found cannot be read ({type(error).__name__}). {_INSTEAD}") from None

    def _call(self, *arguments: object) -> None:
        command = [self._engine, *map(str, arguments)]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
        except OSError as error:
            raise PremiseError(f"PREMISE cannot be started ({error.strerror}). {_INSTEAD}") from None
        if ran.returncode:
            said = " ".join(ran.stderr.split())[:_MOST_SAID] or "nothing"
            raise PremiseError(f"PREMISE ended with {ran.returncode} and said: {said}. {_INSTEAD}")

    def present(self, texts: Texts, patterns: Sequence[Gram]) -> Present:
        """All words of a pattern, wherever they stand."""
        return texts.holding(patterns)
