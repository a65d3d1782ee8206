"""Which of CLDR's countries does lexicon/actors.tsv lack? Prints them; needs babel, which the package does not.

The names of countries in actors.tsv are CLDR's English ones (Unicode License v3, as babel ships them), with the forms
that news uses; demonyms, capitals, organisations and armed groups were added by hand.
"""

from __future__ import annotations

from babel import Locale

from stance.text.names import actors

if __name__ == "__main__":
    territories = Locale("en").territories
    names = {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha()}
    known = {name.replace("’", "'").lower() for name in actors()}
    missing = [f"{code} {name}" for code, name in sorted(names.items()) if name.replace("’", "'").lower() not in known]
    print(f"{len(names) - len(missing)} of {len(names)} territories known; not in actors.tsv:")
    print("\n".join(missing))
