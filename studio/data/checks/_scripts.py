"""How scripts and languages are told apart: letters of a script, and the most frequent words of a language."""

from __future__ import annotations

# Regular expressions of RE2, one letter each.
SCRIPTS = {
    "Latin": r"\p{Latin}",
    "Chinese": r"\p{Han}",
    "Japanese": r"[\p{Hiragana}\p{Katakana}]",
    "Korean": r"\p{Hangul}",
    "Cyrillic": r"\p{Cyrillic}",
    "Arabic": r"\p{Arabic}",
    "Hebrew": r"\p{Hebrew}",
    "Greek": r"\p{Greek}",
    "Thai": r"\p{Thai}",
    "Devanagari": r"\p{Devanagari}",
}
# Words that hardly any text of some length does without, and that are rare in the other languages.
_FREQUENT = {
    "English": "the and is was are this that with for have not you they from would been which to of it be on do can my",
    "German": "der die das und ist nicht ein eine ich mit auf für dem den auch sich wird oder",
    "French": "le les des est une dans pour que qui pas sur avec vous nous cette sont je très",
    "Spanish": "el los las es una por con para que está pero muy como más este del yo fue",
    "Italian": "il che non di è una per con sono questo della anche più molto gli nel ho mi",
    "Portuguese": "não uma com para que os mais muito como foi isso você está eu meu pelo são em",
    "Dutch": "het een van niet dat zijn met voor ook maar wordt deze bij naar heeft ik er aan",
    "Polish": "nie jest się na że jak ale czy był tak tylko przez dla już bardzo może są",
    "Turkish": "bir ve bu için çok değil ile ama daha gibi olarak var kadar sonra ne olan en da",
    "Russian": "и в не на что это как по но из был так для же его все она они",
    "Ukrainian": "і в не на що це як та але від був для його вони який також є її",
}
LANGUAGES = {name: frozenset(words.split()) for name, words in _FREQUENT.items()}
