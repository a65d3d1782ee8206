"""The lexicon of frames: its entries compiled to arrays, and found in a batch of tokens.

The files in ``lexicon/`` are tab-separated: ``entry``, ``class``, ``note``. Each word of an entry and of a text is
reduced by :func:`lexical_form`; an entry that begins with ``=`` is one exact form. The longest entry that begins at a
word wins, from left to right, and uses up its words.

A compiled lexicon is a trie over numbered word forms, so a batch is matched by a few look-ups of all its tokens at
once. It is small and travels inside the table: scoring reads no file of the lexicon and always has the one that the
weights were trained with.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.model.tokens import TOKEN, stem

FOLDER = Path(__file__).with_name("lexicon")
FILES = ("operators", "objects", "acts", "modality", "idioms", "neutral")
PLAIN = ("further", "restore", "hinder", "uphold", "violate")
"""Operators that take the next object; all others embed a clause."""
EMBEDDING = ("call-for", "demand", "ask-to", "urge-to", "promise-to", "vow-to", "threaten-to", "agree-to", "refuse-to",
             "deny-that", "accuse-of", "warn-of", "decide-to", "fail-to")  # fmt: skip
CLASSES = ("", *PLAIN, *EMBEDDING)
OBJECTS = ("", "coop", "conf", "claim", "given")
NEGATIVE = frozenset({"hinder", "violate", "refuse-to", "deny-that", "fail-to"})
"""Operators that turn the sign; all others pass it on."""
OBJECT_SIGN = {"coop": 1, "conf": -1, "claim": -1, "given": 1}
IDIOMS = ("", "hawkish", "conciliatory", "neutral")
COLUMNS = ("op", "kind", "op_sign", "obj", "obj_sign", "domain", "act", "idiom", "marks")
"""What an entry says: see :class:`Lexicon`."""
MARKS = (
    "neg",
    "contrast",
    "concess",
    "name",
    "be",
    "had",
    "relative",
    "subordinate",
    "cond",
    "comma",
    "stop",
    "mutual",
    "excuse",
    "question",
    "bar",
)
MARK = {name: 1 << i for i, name in enumerate(MARKS)}

_MARKED = {
    "be": "was were been be being is are get gets got remain remains remained",
    "had": "had",
    "relative": "that who which whose we they he she i",
    "subordinate": "after following since when because as amid over who which whose",
    "mutual": "both all parties sides everyone everybody each countries",
    "excuse": "apologise apologises apologised apologising apologize apologized apology apologies condolences sympathy "
    "regret regrets regretted sorry forgive forgave mourn mourned mourning victims",
    "comma": ", :",
    "stop": ". ; ! ?",
}
"""Marks of exact words: "relative" begins a new clause, what follows "subordinate" is seldom the main matter,
"mutual" addresses all sides, "excuse" makes what follows no attack."""
_PARTICLES = frozenset(
    {"down", "off", "back", "out", "up", "aside", "over", "home", "with", "away", "through", "against", "as"}
)
PARTING = 5
"""How many tokens a particle may stand after its verb."""
_PRONOUNS = ("it", "them", "him", "this")
_SPELLING = re.compile(r"iz(?=(e[ds]?|ing|ations?|ers?)$)")
_DOUBLED = re.compile(r"(?<=\w{3})([bdfglmnprt])\1$")
"""The stem of "boycotted" has lost a t that "boycott" keeps, that of "dialled" has an l too many."""

Ints = npt.NDArray[np.int64]


def lexical_form(surface: str, irregular: Mapping[str, str]) -> str:
    """What a word counts as in the lexicon: the stem of its base form, in British spelling.

    >>> [lexical_form(w, {"withdrew": "withdraw"}) for w in ("Withdrew", "withdrawing", "mobilized", "won't")]
    ['withdraw', 'withdraw', 'mobilis', 'not']
    >>> [lexical_form(w, {}) for w in ("boycott", "boycotted", "dial", "dialled")]
    ['boycot', 'boycot', 'dial', 'dial']
    """
    word = surface.lower().replace("’", "'")
    if word.endswith("n't"):
        return "not"
    word = word.removesuffix("'s").removesuffix("'")
    return _DOUBLED.sub(r"\1", stem(_SPELLING.sub("is", irregular.get(word, word))))


@dataclass(frozen=True, slots=True)
class Hits:
    """Entries found in a batch of tokens, in order; punctuation marks are entries too.

    at: (h,) number of the first token. end: (h,) number of the token after the last. entry: (h,) entry.
    """

    at: Ints
    end: Ints
    entry: Ints


class Lexicon:
    """A compiled lexicon.

    forms: the word forms that entries are made of, ``=`` before exact ones. irregular: form to base form.
    kinds: names of the kinds of operators; domains: of objects. cues: names of the cues that entries count for.
    entries: (e, columns) as in COLUMNS. op: number of its class in CLASSES, 0 if it is no operator; kind: in kinds;
    obj: in OBJECTS; domain: in domains; act: from -3 (conflict) to 3 (cooperation); idiom: in IDIOMS; signs are
    -1 or 1; marks: a set of bits, see MARK. Entry 0 says nothing.
    cue_start: (e + 1,) where the cues of an entry begin in cue_list: (c,) numbers of cues.
    roots: (f, 2) for each form the entry of that form alone, or 0, and the node that longer entries begin with, or 0.
    edges: (n,) sorted keys ``node * len(forms) + form`` of the trie. nodes: (n, 2) entry and number of each one's end.
    """

    LISTS = ("forms", "irregular", "kinds", "domains", "cues")
    ARRAYS = ("entries", "cue_start", "cue_list", "roots", "edges", "nodes")

    def __init__(self, parts: Mapping[str, Any]) -> None:
        self.parts = dict(parts)
        self.kinds, self.domains, self.cues = (tuple(parts[name]) for name in ("kinds", "domains", "cues"))
        self.entries: dict[str, npt.NDArray[np.int16]] = dict(
            zip(COLUMNS, np.ascontiguousarray(parts["entries"].T), strict=True)
        )
        self.cue_start, self.cue_list = parts["cue_start"], parts["cue_list"]
        self._irregular = dict(pair.split("\t") for pair in parts["irregular"])
        self._numbers = {form: number for number, form in enumerate(parts["forms"])}
        self._particle = np.isin(parts["forms"], sorted(_PARTICLES))
        self._roots, self._edges, self._nodes = parts["roots"], parts["edges"], parts["nodes"]

    def describe(self, surface: str) -> tuple[int, int, int]:
        """A word type's form number (0 when the lexicon has none), its entry and the node of longer entries."""
        form = self._numbers.get(lexical_form(surface, self._irregular), 0)
        entry, node = self._roots[form].tolist()
        exact = self._numbers.get("=" + surface.lower(), 0)
        return form, int(self._roots[exact, 0]) if exact else entry, node

    def match(self, types: npt.NDArray[np.int32], rows: npt.NDArray[np.int32], described: Ints) -> Hits:
        """Entries found in tokens, longest first from left to right.

        types, rows: (t,) as in Tokens. described: (types, 3) what :meth:`describe` says of each type.
        """
        form, entry, node = described.take(types, axis=0).T
        entry, size = entry.copy(), np.ones(len(types), np.int64)
        at = np.flatnonzero(node)
        nodes, depth = node[at], 1
        while len(at):
            inside = at + depth < len(rows)
            at, nodes = at[inside], nodes[inside]
            ahead = at + depth
            known = (form[ahead] > 0) & (rows[ahead] == rows[at])
            at, nodes = at[known], nodes[known]
            keys = nodes * len(self._numbers) + form[ahead[known]]
            place = np.minimum(np.searchsorted(self._edges, keys), len(self._edges) - 1)
            found = self._edges[place] == keys
            at, place = at[found], place[found]
            depth += 1
            ends, nodes = self._nodes[place].T
            whole = ends > 0
            entry[at[whole]], size[at[whole]] = ends[whole], depth
        self._reunite(rows, form, node, entry, size)
        at = np.flatnonzero(entry)
        at = at[_undisputed(at, at + size[at])]
        return Hits(at, at + size[at], entry[at])

    def _reunite(self, rows: npt.NDArray[np.int32], form: Ints, node: Ints, entry: Ints, size: Ints) -> None:
        """Verbs parted from their particle by an object ("called the talks off") get the entry of both."""
        particle = np.flatnonzero(self._particle[form])
        for gap in range(PARTING, 1, -1):
            there = particle[particle >= gap]
            verb = there - gap
            parted = (node[verb] > 0) & (rows[verb] == rows[there]) & (size[verb] == 1)
            there, verb = there[parted], verb[parted]
            keys = node[verb] * len(self._numbers) + form[there]
            place = np.minimum(np.searchsorted(self._edges, keys), len(self._edges) - 1)
            whole = self._nodes[place, 0]
            found = np.flatnonzero(
                (self._edges[place] == keys) & ((self.entries["op"][whole] > 0) | (self.entries["act"][whole] != 0))
            )
            entry[verb[found]], entry[there[found]] = whole[found], 0


EMPTY: dict[str, Any] = {
    **{name: [] for name in Lexicon.LISTS},
    "entries": np.zeros((0, len(COLUMNS)), np.int16),
    "cue_start": np.zeros(0, np.int32),
    "cue_list": np.zeros(0, np.int32),
    "roots": np.zeros((0, 2), np.int32),
    "edges": np.zeros(0, np.int64),
    "nodes": np.zeros((0, 2), np.int32),
}
"""Parts of no lexicon, for a table without frames."""


def check_parts(parts: Mapping[str, Any]) -> None:
    """Raise ValueError when parts from outside are not those of a lexicon."""
    entries, start, cues = parts["entries"], parts["cue_start"], parts["cue_list"]
    roots, edges, nodes = parts["roots"], parts["edges"], parts["nodes"]
    forms = len(parts["forms"])
    limits = {"op": len(CLASSES), "kind": len(parts["kinds"]), "obj": len(OBJECTS), "domain": len(parts["domains"]),
              "idiom": len(IDIOMS), "act": 4}  # fmt: skip
    kinds = {
        "entries": np.int16,
        "edges": np.int64,
        **dict.fromkeys(("cue_start", "cue_list", "roots", "nodes"), np.int32),
    }
    good = all(parts[name].dtype == kind for name, kind in kinds.items())
    good = (
        good and entries.shape[1:] == (len(COLUMNS),) and roots.shape == (forms, 2) and nodes.shape == (len(edges), 2)
    )
    good = good and len(start) == len(entries) + 1 and start[0] == 0 and start[-1] == len(cues)
    good = good and len(entries) > 0 and len(edges) > 0 and forms > 0
    good = good and not (np.diff(start) < 0).any() and not (np.diff(edges) <= 0).any()
    good = good and all(
        column.min() >= (-3 if name == "act" else 0) and column.max() < limits[name]
        for name, column in zip(COLUMNS, entries.T, strict=True)
        if name in limits
    )
    good = good and all(
        a.size == 0 or (a.min() >= 0 and a.max() < limit)
        for a, limit in ((cues, len(parts["cues"])), (roots[:, 0], len(entries)), (nodes[:, 0], len(entries)))
    )
    good = good and (np.abs(entries[:, [COLUMNS.index("op_sign"), COLUMNS.index("obj_sign")]]) == 1).all()
    if not (good and all("\t" in pair for pair in parts["irregular"])):
        raise ValueError("its lexicon makes no sense")


def _undisputed(start: Ints, end: Ints) -> Ints:
    """Which stretches remain when each, from left to right, uses up its words.

    >>> _undisputed(np.array([0, 1, 2, 3]), np.array([2, 4, 3, 4])).tolist()
    [0, 2, 3]
    """
    left = np.arange(len(start))
    while True:
        reach = np.maximum.accumulate(end[left])
        clash = start[left[1:]] < reach[:-1]
        if not clash.any():
            return left
        # Those that clash with none before them are sure to stay, so what they cover is sure to go.
        sure = np.concatenate([[True], ~clash])
        reach = np.maximum.accumulate(np.where(sure, end[left], 0))
        left = left[sure | np.concatenate([[True], start[left[1:]] >= reach[:-1]])]


def read_lexicon(folder: Path = FOLDER) -> Lexicon:
    """Compile the files of a folder."""
    irregular = dict(row[:2] for row in _rows(folder / "irregular.tsv"))
    entries: dict[tuple[str, ...], dict[str, Any]] = {}
    for name in FILES:
        for text, cls, note in _rows(folder / f"{name}.tsv"):
            for variant in _variants(name, text):
                _add(entries.setdefault(_key(variant, irregular), {"cues": [], "marks": 0}), name, cls, note)
    for mark, words in _MARKED.items():
        for word in words.split():
            key = ("=" + word,) if word.isalpha() else (word,)
            plain = entries.get(_key(word, irregular), {"cues": [], "marks": 0})
            entries.setdefault(key, dict(plain))["marks"] |= MARK[mark]
    return _compiled(entries, irregular)


def digest(lexicon: Lexicon) -> str:
    """SHA-256 of a compiled lexicon."""
    parts = lexicon.parts
    text = "\n".join("\n".join(parts[name]) for name in Lexicon.LISTS).encode()
    return hashlib.sha256(text + b"".join(parts[name].tobytes() for name in Lexicon.ARRAYS)).hexdigest()


def _rows(path: Path) -> Iterator[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        yield from list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]


def _variants(name: str, text: str) -> Iterable[str]:
    """An entry, and with a particle also the form with a pronoun between ("turn it down")."""
    words = text.split()
    if name in ("operators", "acts") and len(words) == 2 and words[1] in _PARTICLES:
        return [text, *(f"{words[0]} {pronoun} {words[1]}" for pronoun in _PRONOUNS)]
    return [text]


def _key(text: str, irregular: Mapping[str, str]) -> tuple[str, ...]:
    return (text,) if text[0] == "=" else tuple(lexical_form(word, irregular) for word in TOKEN.findall(text))


def _add(entry: dict[str, Any], name: str, cls: str, note: str) -> None:
    """What one line of a file adds to its entry; of two classes in one file the first counts."""
    word = re.split("[ :]", note)[0]
    if name == "operators":
        entry.setdefault("op", (cls, word if cls in PLAIN else cls))
    elif name == "objects":
        entry.setdefault("obj", (cls, word))
    elif name == "acts":
        entry.setdefault("act", int(cls[-1]) * (1 if cls.startswith("coop") else -1))
    elif name == "idioms":
        entry.setdefault("idiom", cls)
    elif name == "neutral":
        entry["cues"] = sorted({*entry["cues"], f"neutral:{cls}"})
    elif cls in MARKS[:4]:
        entry["marks"] |= MARK[cls]
    if name == "modality" and cls != "name":
        entry["cues"] = sorted({*entry["cues"], f"mod:{cls}"})
        entry["marks"] |= MARK["cond"] * (cls in ("cond", "cond-hard")) | MARK["question"] * (cls == "question")
        entry["marks"] |= MARK["mutual"] * (cls == "mutual")
        entry["marks"] |= MARK["bar"] * (cls in ("cond-until", "cond-bar")) | MARK["cond"] * (
            cls in ("cond-until", "cond-bar")
        )
        entry["marks"] |= (MARK["subordinate"] | MARK["relative"]) * (cls == "aside")


def _compiled(entries: Mapping[tuple[str, ...], Mapping[str, Any]], irregular: Mapping[str, str]) -> Lexicon:
    kinds = sorted({entry["op"][1] for entry in entries.values() if "op" in entry})
    domains = sorted({entry["obj"][1] for entry in entries.values() if "obj" in entry})
    cues = sorted({cue for entry in entries.values() for cue in entry["cues"]})
    forms = ["", *sorted({form for key in entries for form in key})]
    number = {form: i for i, form in enumerate(forms)}
    rows: list[list[int]] = [[0, 0, 1, 0, 1, 0, 0, 0, 0]]
    cue_lists: list[list[int]] = [[]]
    roots = np.zeros((len(forms), 2), np.int32)
    trie: dict[tuple[str, ...], int] = {}
    edges: dict[int, list[int]] = {}
    for key, entry in sorted(entries.items()):
        rows.append(_row(entry, kinds, domains))
        cue_lists.append([cues.index(cue) for cue in entry["cues"]])
        if len(key) == 1:
            roots[number[key[0]], 0] = len(rows) - 1
            continue
        node = roots[number[key[0]], 1] = trie.setdefault(key[:1], len(trie) + 1)
        for depth in range(2, len(key) + 1):
            edge = int(node) * len(forms) + number[key[depth - 1]]
            node = trie.setdefault(key[:depth], len(trie) + 1)
            edges.setdefault(edge, [0, node])
        edges[edge][0] = len(rows) - 1
    order = sorted(edges)
    return Lexicon({
        "forms": forms, "irregular": [f"{form}\t{base}" for form, base in irregular.items()],
        "kinds": ["", *kinds], "domains": ["", *domains], "cues": cues,
        "entries": np.array(rows, np.int16),
        "cue_start": np.cumsum([0, *map(len, cue_lists)]).astype(np.int32),
        "cue_list": np.array([cue for cues in cue_lists for cue in cues], np.int32),
        "roots": roots, "edges": np.array(order, np.int64),
        "nodes": np.array([edges[edge] for edge in order], np.int32).reshape(-1, 2),
    })  # fmt: skip


def _row(entry: Mapping[str, Any], kinds: Sequence[str], domains: Sequence[str]) -> list[int]:
    cls, kind = entry.get("op", ("", ""))
    obj, domain = entry.get("obj", ("", ""))
    return [
        CLASSES.index(cls),
        kinds.index(kind) + 1 if kind else 0,
        -1 if cls in NEGATIVE else 1,
        OBJECTS.index(obj),
        OBJECT_SIGN.get(obj, 1),
        domains.index(domain) + 1 if domain else 0,
        entry.get("act", 0),
        IDIOMS.index(entry.get("idiom", "")),
        entry["marks"],
    ]
