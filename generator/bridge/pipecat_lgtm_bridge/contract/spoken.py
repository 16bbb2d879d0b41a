"""Digits as people say them, by language; in other languages than English each word is one digit."""

DIGITS = {
    "de": ("null", "eins", "zwei|zwo", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun"),
    "fr": ("zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf"),
    "es": ("cero", "uno", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve"),
    "it": ("zero", "uno", "due", "tre", "quattro", "cinque", "sei", "sette", "otto", "nove"),
    "pt": ("zero", "um", "dois|duas", "três", "quatro", "cinco", "seis|meia", "sete", "oito", "nove"),
    "nl": ("nul", "een|één", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"),
    "pl": ("zero", "jeden", "dwa", "trzy", "cztery", "pięć", "sześć", "siedem", "osiem", "dziewięć"),
    "da": ("nul|null", "en|et", "to", "tre", "fire", "fem", "seks", "syv|sju", "otte|åtte", "ni"),
    "sv": ("noll", "ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta", "nio"),
    "ru": ("ноль|нуль", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять"),
    "hi": ("शून्य", "एक", "दो", "तीन", "चार", "पांच|पाँच", "छह|छः|छे", "सात", "आठ", "नौ"),
    "ar": ("صفر", "واحد", "اثنان|اثنين", "ثلاثة", "أربعة|اربعة", "خمسة", "ستة", "سبعة", "ثمانية", "تسعة"),
    "fa": ("صفر", "یک", "دو", "سه", "چهار", "پنج", "شش", "هفت", "هشت", "نه"),
    "zh": ("零|〇", "一|幺", "二|两", "三", "四", "五", "六", "七", "八", "九"),
}
"""By language: the words for 0 to 9, alternatives with a bar."""
