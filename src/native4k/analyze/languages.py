"""The language of a caption, guessed from its letters and its commonest words; a help, not a verdict."""

import re
from collections import Counter

SCRIPTS = {
    "Japanese": r"[\u3040-\u30ff]",
    "Korean": r"[\uac00-\ud7af]",
    "Chinese": r"[\u4e00-\u9fff]",
    "Russian and other Cyrillic": r"[\u0400-\u04ff]",
    "Arabic script": r"[\u0600-\u06ff]",
    "Hebrew": r"[\u0590-\u05ff]",
    "Greek": r"[\u0370-\u03ff]",
    "Thai": r"[\u0e00-\u0e7f]",
    "Devanagari script": r"[\u0900-\u097f]",
}
"""Language -> a letter that only it uses here, in the order of asking: Japanese uses Chinese signs, too."""

COMMON = {
    "English": "the of and with for a an in on is at by to from this your",
    "German": "der die das und mit für ein eine im am ist auf von den dem zum zur",
    "French": "le la les et avec pour un une dans est du des sur au aux de en",
    "Spanish": "el la los las y con para un una en es del por al de",
    "Italian": "il lo gli e con per un una nel della di del dei alla da che",
    "Portuguese": "o os as e com para um uma no na do da dos das em de",
    "Dutch": "de het een en met voor van in op is bij te naar aan",
    "Polish": "i w z na do dla się jest od po ze oraz",
    "Swedish": "och med för en ett i på av till är den det som från",
    "Turkish": "ve ile için bir bu da de en çok olarak",
}
_OF = {
    word: [language for language, words in COMMON.items() if word in words.split()]
    for word in " ".join(COMMON.values()).split()
}
_SCRIPTS = {language: re.compile(letters) for language, letters in SCRIPTS.items()}
_WORD = re.compile(r"[^\W\d_]+")

UNSURE, WORDLESS = "Latin script, not known which", "no letters"


def guess(caption: str) -> str:
    """The language whose letters a caption has, or whose common words it has most of."""
    words = _WORD.findall(caption.lower())
    if not words:
        return WORDLESS
    letters = "".join(words)
    for language, script in () if letters.isascii() else _SCRIPTS.items():
        if len(script.findall(letters)) > len(letters) / 4:
            return language
    found = Counter(language for word in words for language in _OF.get(word, ()))
    best = found.most_common(2)
    return best[0][0] if len({count for _, count in best}) == len(best) > 0 else UNSURE
