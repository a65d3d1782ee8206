"""Frames of a statement: who furthers or hinders what, read from entries of the lexicon.

An *operator* (reject, lift, call for) waits for its *object* (talks, ban) or *act* (attack, apologise): signs multiply
along a chain of up to three operators, a negation turns what follows it. What is accused, warned of, threatened,
demanded or denied is no move of the speaker's and counts apart. The directions of all frames are summed up for the
statement, its main clause (after ``but``, outside ``although ...``), its first and its last frame.

All of it is array arithmetic over the hits of a batch; nothing here loops over words. The work-horse is
:meth:`_Batch.last`: for every hit the nearest earlier hit of a kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.model.matching import CLASSES, EMBEDDING, IDIOMS, MARK, OBJECTS, Hits, Lexicon
from stance.model.tokens import Tokens

WINDOW, EMBED_WINDOW = 8, 12
"""Tokens that an operator waits for its object; one that embeds a clause waits longer."""
NEGATION_REACH, PASSIVE_REACH, BACKGROUND_REACH, JOIN_REACH, NOUN_REACH = 4, 6, 2, 3, 3
BE_REACH, FAR_PASSIVE_REACH = 3, 14
QUESTION_REACH, SPEECH, FAR_REACH, CONTENT_REACH, BAR_REACH = 16, 6, 8, 6, 15
MOST = 2.0
"""A feature counts at most so often in a statement."""
WAYS = ("toward conflict", "neither way", "toward cooperation")
"""Which way the frames of a statement go on the whole: what one of them tells depends on it."""
HOSTILE = {"threaten-to": 1.0, "accuse-of": 1.0, "warn-of": 0.5, "deny-that": 0.0, "demand": 1.0}
"""Operators whose clause is no move of the speaker's own, and how hostile they are themselves."""
PRESSING = ("call-for", "demand", "ask-to", "urge-to")
"""Operators that want something of somebody: of one side to stop, it is pressure; of all sides, an appeal."""
CLAIM_SIGN = {"reject": -1, "oppose": -1, "prevent": -1, "offer": 1, "support": 1}
"""To reject a demand or accusation is hawkish, to accept one conciliatory."""
ALONE = {"reject": -0.7, "oppose": -0.5, "condemn": -1.0, "refuse-to": -0.7, "agree-to": 0.7, "promise-to": 0.5,
         "restore": 0.5, "violate": -0.7, "prevent": -0.5, "offer": 0.5, "vow-to": -0.5, "allow": 0.6}  # fmt: skip
"""Which way an operator points that has found nothing to act on."""
SILENT = ("start", "continue", "intensify", "lack", "uphold", "reduce", "leave")
"""Kinds of operators that say nothing with an object of no side ("issue a report")."""
INTRANSITIVE = ("end", "continue", "start", "restore", "intensify", "postpone", "reduce", "remove")
"""Kinds of operators whose subject may be what they act on ("the truce ended")."""
SETTINGS = ("mod:cond", "mod:cond-hard", "mod:cond-soft", "mod:cond-bar", "mod:question", "mod:contrast", "mod:concess")
"""Cues that change what the way of a statement means: "way+&mod:cond-hard" is an offer on a hard condition."""
SCOPES = ("background", "asked", "told", "aside", "yielded")
TARGETS = (*OBJECTS, "act+", "act-")

_DETERMINERS = "a an the its their his her our any no all of in some this that these"
_BEFORE_NOUN = f"{_DETERMINERS} your my for with on by from over into such"
_BEFORE_VERB = (
    "to will would must should shall can could may might not cannot we they i he she it who did does do "
    "won't wouldn't mustn't can't couldn't didn't doesn't don't"
)
_FLAGS = {
    "determiner": _DETERMINERS,
    "before noun": _BEFORE_NOUN,
    "before verb": _BEFORE_VERB,
    "after noun": "of for on to against from with in over",
    "auxiliary": "has have to will",
    "joint": "and or nor , as",
    "by": "by",
    "out of": "from of",
    "quotation": '" “ ” « » „',
    "opening": ", :",
    "far": "nobody none neither nor nothing never",
    "opens": "to that for against which calling",
}
"""What a word says of its neighbours."""
_SETS = {name: frozenset(words.split()) for name, words in _FLAGS.items()}
_SUFFIXES = {"participle": ("ed", "en"), "verb form": ("ed", "ing")}
_BIT = {name: 1 << i for i, name in enumerate([*_FLAGS, *_SUFFIXES])}
_FAR = 1 << 40

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Readings:
    """Frame features as they occur in a batch.

    rows: (r,) statement. features: (r,) number in Reader.names. values: (r,) how much each counts.
    start, end: (r,) first token, and token after the last, that each stands on.
    ways: (r,) number in WAYS of the statement that each stands in.
    """

    rows: Ints
    features: Ints
    values: Floats
    start: Ints
    end: Ints
    ways: Ints

    def counted(self) -> Readings:
        """The same in the order of statements, with counts above MOST cut: all occurrences share the loss."""
        if not len(self.rows):
            return self
        key = self.rows * (1 << 20) + self.features
        order = np.argsort(key, kind="stable")
        key, values = key[order], self.values[order]
        first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        total = np.add.reduceat(values, first)
        share = np.repeat(np.minimum(1, MOST / total), np.diff(np.append(first, len(key))))
        rows, features, start, end, ways = (
            x[order] for x in (self.rows, self.features, self.start, self.end, self.ways)
        )
        return Readings(rows, features, values * share, start, end, ways)


class Reader:
    """Reads frames with a compiled lexicon.

    names: what the features are called, by number. A capital N marks a negated operator, object or act, and an operator
    that another one turns ("opposed the lifting" is ``removeN``):
    ``reject>coop``, ``rejectN>conf``, ``passive:end>conf``, ``call-for>-`` (wants something hostile),
    ``press:one:stop+``, ``accuse-of``, ``op:support``, ``object:coop``, ``act-2``, ``lone-2`` (an operator without an
    object), ``idiom:hawkish``, ``mod:cond``, ``neutral:analyst``, ``main+``.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.names: list[str] = []
        kinds, classes, targets = ([f"{x}{neg}" for x in group for neg in ("", "N")]
                                   for group in (lexicon.kinds, CLASSES, TARGETS))  # fmt: skip
        strengths = [f"{n:+d}{neg}" for n in range(-3, 4) for neg in ("", "N")]
        composed = [f"{kind}>{target}" for kind in kinds for target in TARGETS]
        pressed = [f"{who}:{way}" for who in ("none", "one", "all") for way in ("stop", "do")]
        self.at = {
            "op": self._name("op:", kinds),
            "composed": self._name("", composed),
            "passive": self._name("passive:", composed),
            "object": self._name("object:", targets),
            "act": self._name("act", strengths),
            "lone": self._name("lone", strengths),
            "bare": self._name("bare:", kinds),
            "none": self._name("no:", OBJECTS),
            "embedded": self._name("", [f"{cls}>{sign}" for cls in CLASSES for sign in "-+"]),
            "hostile": self._name("", classes),
            "press": self._name("press:", [f"{how}{sign}" for how in pressed for sign in "-+"]),
            "idiom": self._name("idiom:", IDIOMS),
            "cue": self._name("", lexicon.cues),
            "still": self._name("", ["still"]),
            "barred": self._name("", ["barred"]),
            "in": self._name("", [f"way{sign}&{setting}" for setting in SETTINGS for sign in "-0+"]),
        }
        for name in ("phrase", "own", "main", "total", "first", "last", "cond", "way", "turned", "lead", *SCOPES):
            self.at[name] = self._name(name, ["-", "+"])

        def is_in(names: Sequence[str], group: Sequence[str]) -> Bools:
            return np.array([name in group for name in names])

        self.embeds, self.hostile, self.presses = (is_in(CLASSES, group) for group in (EMBEDDING, [*HOSTILE], PRESSING))
        self.yields = is_in(CLASSES, ["agree-to", "promise-to"])
        self.hostility = np.array([HOSTILE.get(cls, 0.0) for cls in CLASSES])
        self.claim_sign = np.array([CLAIM_SIGN.get(kind, 0) for kind in lexicon.kinds])
        self.setting = np.array([SETTINGS.index(cue) if cue in SETTINGS else -1 for cue in lexicon.cues], np.int64)
        self.quotes = is_in(lexicon.cues, ["mod:quote"])
        self.container = is_in(lexicon.domains, ["text"])
        self.drops = is_in(lexicon.kinds, ["end", "remove", "reduce", "postpone"])
        self.alone = np.array([ALONE.get(kind, 0.0) for kind in lexicon.kinds])
        self.silent, self.intransitive, self.condemns, self.removes, self.considers = (
            is_in(lexicon.kinds, group) for group in (SILENT, INTRANSITIVE, ["condemn"], ["remove"], ["consider"])
        )
        self.person = is_in(lexicon.domains, ["person"])
        self.lacks = is_in(lexicon.kinds, ["lack"])

    def _name(self, prefix: str, names: Sequence[str]) -> int:
        """Number of the first of these new names."""
        self.names += [prefix + name for name in names]
        return len(self.names) - len(names)

    def describe(self, surface: str) -> tuple[int, int, int, int]:
        """What reading needs of a word type."""
        word = surface.lower().replace("’", "'")
        flags = sum(_BIT[name] for name, words in _SETS.items() if word in words)
        flags += sum(_BIT[name] for name, suffixes in _SUFFIXES.items() if word.endswith(suffixes))
        return *self.lexicon.describe(surface), flags

    def read(self, tokens: Tokens, described: Ints) -> Readings:
        """Frame features of a batch. described: (types, 4) what :meth:`describe` says of each token type."""
        hits = self.lexicon.match(tokens.types, tokens.rows, described[:, :3])
        return _Batch(self, tokens, described[:, 3].take(tokens.types), hits).read()


def _first(row: Ints, mask: Bools) -> Bools:
    """The first of each row for which mask holds; equal rows stand together.

    >>> _first(np.array([0, 0, 1, 1, 1]), np.array([False, True, True, True, False])).tolist()
    [False, True, True, False, False]
    """
    chosen = np.flatnonzero(mask)
    first = np.zeros(len(row), bool)
    first[chosen[np.diff(row[chosen], prepend=-1) != 0]] = True
    return first


class _Batch:
    """The hits of a batch, each with what its entry says; one more at the end stands for "none".

    at, end: first token, and token after the last. row: statement. first: its first hit.
    clause, phrase: the last hit before it that ends a clause (stop, "but") or also a phrase (comma).
    is_op, is_obj, is_act, neg, parent: what the steps of reading find.
    """

    def __init__(self, reader: Reader, tokens: Tokens, flags: Ints, hits: Hits) -> None:
        self.reader, self.n, self.none = reader, tokens.n, len(hits.at)
        self.at, self.end = np.append(hits.at, _FAR), np.append(hits.end, _FAR)
        self.entry = np.append(hits.entry, 0)
        self.row = np.append(tokens.rows[hits.at], tokens.n).astype(np.int64)
        self.kind, self.cls, self.obj, self.act, self.idiom, self.domain, self.marks = (
            reader.lexicon.entries[name][self.entry].astype(np.int64)
            for name in ("kind", "op", "obj", "act", "idiom", "domain", "marks")
        )
        self.op_sign, self.obj_sign = (reader.lexicon.entries[name][self.entry] for name in ("op_sign", "obj_sign"))
        self.person = reader.person[self.domain]
        self.index = np.arange(self.none + 1)
        opens = np.concatenate([[True], self.row[1:] != self.row[:-1]])
        self.first = np.maximum.accumulate(np.where(opens, self.index, 0))
        self.row_start = np.searchsorted(tokens.rows, np.arange(tokens.n + 1))
        self.names = np.concatenate([[0], np.cumsum(tokens.types == 0)])
        self.quotes, self.is_speech = self._quotations(tokens, flags)
        self.flags, self.before, self.after = self._neighbours(flags)
        self.clause = np.maximum(self.last(self.mark("stop") | self.mark("contrast")), self.first - 1)
        self.phrase = np.maximum(self.last(self.mark("comma")), self.clause)
        self.found: list[tuple[Any, ...]] = []
        self.moves: list[tuple[Any, ...]] = []

    def _quotations(self, tokens: Tokens, flags: Ints) -> tuple[Ints, Bools]:
        """Tokens that are quotation marks, and (n + 1,) which statements are mostly the words of a quotation."""
        marks = np.flatnonzero(flags & _BIT["quotation"])
        rows = tokens.rows[marks]
        opens = (np.arange(len(marks)) - np.searchsorted(rows, rows)) % 2 == 0
        closed = np.append(rows[1:] == rows[:-1], False)[: len(rows)]
        size = np.where(closed, np.append(marks[1:], 0)[: len(rows)], self.row_start[rows + 1]) - marks
        long = np.bincount(rows[opens], size[opens], tokens.n + 1) >= SPEECH
        leads = (marks == self.row_start[rows]) | ((flags[marks - 1] & _BIT["opening"]) != 0)
        led = np.zeros(tokens.n + 1, bool)
        led[rows[opens & leads]] = True
        return marks, long & led

    def quoted(self, row: Ints, at: Ints) -> Bools:
        """Which tokens stand inside quotation marks."""
        before = np.searchsorted(self.quotes, at, "right") - np.searchsorted(self.quotes, self.row_start[row])
        inside: Bools = before % 2 == 1
        return inside

    def _neighbours(self, flags: Ints) -> tuple[Ints, Ints, Ints]:
        """Flags of each hit's first token and of the tokens before and after the hit, within the statement."""
        flags = np.append(flags, 0)
        nowhere = len(flags) - 1
        start, end = self.row_start[np.minimum(self.row, self.n)], self.row_start[np.minimum(self.row + 1, self.n)]
        before = np.where(self.at > start, self.at - 1, nowhere)
        after = np.where(self.end < end, self.end, nowhere)
        return flags[np.minimum(self.at, nowhere)], flags[np.minimum(before, nowhere)], flags[after]

    def last(self, mask: Bools) -> Ints:
        """For each hit the nearest earlier one in its statement for which mask holds; -1 when there is none."""
        nearest = np.maximum.accumulate(np.where(mask, self.index, -1))
        nearest = np.concatenate([[-1], nearest[:-1]])
        return np.where(nearest >= self.first, nearest, -1)

    def mark(self, name: str) -> Bools:
        """Which hits bear a mark of the lexicon."""
        found: Bools = (self.marks & MARK[name]) != 0
        return found

    def add(self, where: Ints, feature: Any, value: Any = 1.0, start: Any = None, end: Any = None) -> None:
        """Count a feature for some hits."""
        start, end = self.at[where] if start is None else start, self.end[where] if end is None else end
        self.found.append(np.broadcast_arrays(self.row[where], feature, value, start, end))

    def add_whole(self, rows: Ints, feature: Any, value: Any) -> None:
        """Count a feature for whole statements."""
        self.found.append(np.broadcast_arrays(rows, feature, value, self.row_start[rows], self.row_start[rows + 1]))

    def move(self, where: Ints, feature: Any, sign: Any, weight: Any = 1.0, start: Any = None) -> None:
        """Note frames that move toward cooperation (sign > 0) or conflict, to be summed up."""
        start = self.at[where] if start is None else start
        self.moves.append(np.broadcast_arrays(self.row[where], feature, sign, weight, start, self.end[where]))

    def read(self) -> Readings:
        """All steps, in order."""
        self.sort_out()
        self.negate()
        self.broken = self.last((self.marks & (MARK["relative"] | MARK["comma"])) != 0)
        self.link()
        self.read_passives()
        self.link()
        self.compose()
        self.read_alone()
        self.read_idioms()
        self.read_cues()
        way = self.sum_up()
        rows, features, values, start, end = (np.concatenate(part) for part in zip(*self.found, strict=True))
        return Readings(rows, features, values, start, end, way[rows] + 1)

    def sort_out(self) -> None:
        """Which hits are operators, objects and acts."""
        is_op, is_obj, is_act, single = self.cls > 0, self.obj > 0, self.act != 0, self.end - self.at == 1
        be = self.last(self.mark("be"))
        lately = (be >= 0) & (self.at[be] >= self.at - 3)
        participle = single & ((self.flags & _BIT["participle"]) != 0) & (is_op | is_act)
        by = ((self.after & _BIT["by"]) != 0) & ~lately  # "the truce proposed by"
        after_operator = np.append(False, (self.end[:-1] == self.at[1:]) & is_op[:-1] & (self.row[:-1] == self.row[1:]))
        adjective = ((self.before & _BIT["determiner"]) != 0) | after_operator  # "a planned visit", "free jailed men"
        idle = participle & (by | adjective)
        modifies = np.append((self.end[:-1] == self.at[1:]) & (self.row[:-1] == self.row[1:]) & is_obj[1:], False)
        modifies &= is_obj & ~is_op
        text_next = np.append(self.reader.container[self.domain[1:]], False)
        sided = modifies & text_next & (self.obj <= OBJECTS.index("conf"))
        idle |= modifies & ~sided  # "visa ban" is a ban, but an "amnesty bill" an amnesty
        idle |= np.append(False, sided[:-1])
        idle |= self.idiom > 0
        self.noun = is_obj & ((self.before & _BIT["before noun"]) != 0)
        verb = ((self.before & _BIT["before verb"]) != 0) | (single & ((self.flags & _BIT["verb form"]) != 0))
        verb &= (is_op | is_act) & ~self.noun
        self.is_op = is_op & ~idle & ~(self.noun & ((self.after & _BIT["after noun"]) == 0))
        self.is_obj, self.is_act = is_obj & ~idle & ~verb, is_act & ~idle
        self.open_containers()

    def open_containers(self) -> None:
        """A plan, call or bill is what it is for, when that is told: "rejected a bill to lift the ban"."""
        content = self.is_op | self.is_obj | self.is_act | (self.idiom > 0)
        following = np.minimum.accumulate(np.where(content, self.index, self.none)[::-1])[::-1]
        following = np.append(following[1:], self.none)
        doing = (self.is_op | self.is_act) & ((self.flags & _BIT["verb form"] & ~_BIT["participle"]) != 0)
        opening = np.append(doing[1:] & (self.at[1:] == self.end[:-1]), False)  # "a bill lifting the ban"
        opening |= (self.after & _BIT["opens"]) != 0
        opened = self.is_obj & ~self.is_op & self.reader.container[self.domain] & opening
        opened &= (self.row[following] == self.row) & (self.at[following] - self.end <= CONTENT_REACH)
        self.is_obj &= ~opened
        inner = np.append(False, opened[:-1] & (self.at[1:] == self.end[:-1]))  # "a bill that would"
        self.marks[inner] &= ~(MARK["relative"] | MARK["subordinate"])

    def negate(self) -> None:
        """Which hits are negated: the first operator, object, act or idiom after a negation, if it is near."""
        negation = self.last(self.mark("neg") & ~self.is_op)
        content = self.is_op | self.is_obj | self.is_act | (self.idiom > 0)
        reach = np.where((self.flags[negation] & _BIT["far"]) != 0, FAR_REACH, NEGATION_REACH)
        near = (negation > self.phrase) & (self.at - self.end[negation] < reach)
        self.neg = near & (self.last(content) < negation)
        self.marks[self.neg] &= ~MARK["excuse"]
        self.turn = np.where(self.neg, -1.0, 1.0)
        self.link_sign = self.op_sign * self.turn

    def link(self) -> None:
        """Which hits are targets, and the operator that waits for each hit (``none`` where there is none)."""
        embeds = self.reader.embeds[self.cls]
        operator, embedder = self.last(self.is_op & ~embeds), self.last(self.is_op & embeds)
        open_plain = (operator > self.clause) & (self.at - self.at[operator] <= WINDOW)
        open_plain &= self.broken < operator
        open_embedder = (embedder > self.phrase) & (self.at - self.at[embedder] <= EMBED_WINDOW)
        # "withdrew without firing" did not end the lack; "the lack of progress" can be what ends.
        beside = self.reader.lacks[self.kind] & ((self.before & _BIT["determiner"]) == 0)
        open_plain, open_embedder = open_plain & ~beside, open_embedder & ~beside
        nearest = np.maximum(np.where(open_plain, operator, -1), np.where(open_embedder, embedder, -1))
        # A word that is both operator and object ("offer", "support") is an object soon after an operator.
        noun = self.is_obj & (nearest >= 0) & (self.at - self.at[nearest] <= NOUN_REACH)
        self.target = (self.is_obj | self.is_act) & (~self.is_op | noun | (~self.is_obj & (nearest >= 0)))
        previous = self.last(self.target)
        # "stopped protesters from marching": whom an operator keeps from something is not what it acts on.
        kept_from = self.person[previous] & ((self.before & _BIT["out of"]) != 0) & (previous[previous] <= operator)
        open_plain &= (previous <= operator) | kept_from
        open_embedder &= self.is_op | (previous <= embedder) | self.person[previous]
        parent = np.maximum(np.where(open_plain, operator, -1), np.where(open_embedder, embedder, -1))
        parent[parent < 0] = self.none
        parent[self.none] = self.none
        gap = self.at - self.end[previous]
        joint = self.target & ~self.is_op & (previous > self.clause) & (gap >= 1) & (gap <= JOIN_REACH)
        joint &= (self.before & _BIT["joint"]) != 0  # "talks and trade" share their operator
        joint &= self.is_obj | (self.broken <= previous)  # but not "without a shot, seized"
        for _ in range(2):
            parent = np.where(joint & (parent == self.none), parent[previous], parent)
        self.parent = parent
        # A demand that is rejected or dropped presses nobody.
        refused = ~embeds[parent] & (self.link_sign[parent] < 0) | self.reader.yields[self.cls[parent]]
        self.tamed = self.is_op & self.reader.hostile[self.cls] & refused & (parent != self.none)

    def read_passives(self) -> None:
        """Objects before an operator that acts on them: "the ban was lifted", "the truce ended"."""
        reader = self.reader
        thing = self.last(self.target & self.is_obj & (self.parent == self.none))
        gap = self.at - self.at[thing]
        near = self.is_op & ~reader.embeds[self.cls] & (self.last(self.target) == thing)
        be = self.last(self.mark("be"))
        # "The talks on the northern province of the country were called off": nothing else begins in between.
        far = (self.at - self.end[be] < BE_REACH) & (self.broken <= thing) & (gap <= FAR_PASSIVE_REACH)
        near &= (thing > self.clause) & ((gap <= PASSIVE_REACH) | far)
        adjacent = (gap == 1) | ((gap == 2) & ((self.before & _BIT["auxiliary"]) != 0))
        busy = np.zeros(self.none + 1, bool)
        busy[self.parent[self.target]] = True
        adjacent &= ~busy & ~self.person[thing] & reader.intransitive[self.kind]
        passive = near & (((be > thing) & (be > self.phrase)) | adjacent)
        where = np.flatnonzero(passive)
        thing = thing[where]
        neg, kind, obj = self.neg[where] | self.neg[thing], self.kind[where], self.obj[thing]
        name = reader.at["passive"] + (2 * kind + neg) * len(TARGETS) + obj
        sign = self.op_sign[where] * self.obj_sign[thing] * np.where(neg, -1, 1)
        silent = (obj == OBJECTS.index("given")) & reader.silent[kind]
        self.add(where[silent], name[silent], start=self.at[thing[silent]])
        self.move(where[~silent], name[~silent], sign[~silent], start=self.at[thing[~silent]])
        self.spent = np.zeros(self.none + 1, bool)
        self.spent[thing] = True
        self.is_op, self.is_obj, self.is_act = (x & ~passive for x in (self.is_op, self.is_obj, self.is_act))

    def compose(self) -> None:
        """The waiting operators act on objects and acts: their signs multiply."""
        reader, link = self.reader, self.link_sign
        where = np.flatnonzero(self.target & (self.is_obj | self.is_act) & (self.parent != self.none) & ~self.spent)
        a = self.parent[where]
        b = self.parent[a]
        c = self.parent[b]
        # "expel diplomats": the act says it all. "expel the threat of war": the object does.
        kept = ~(self.is_obj[where] & (self.obj[where] == OBJECTS.index("given")) & (self.act[a] != 0))
        where, a, b, c = where[kept], a[kept], b[kept], c[kept]
        direct = np.zeros(self.none + 1, bool)
        direct[a] = True
        kept = ~(self.is_op[where] & direct[where])
        where, a, b, c = where[kept], a[kept], b[kept], c[kept]
        self.used = np.zeros(self.none + 1, bool)
        self.used[a] = self.used[b] = self.used[c] = True
        kind, strength = self.kind[a], self.act[where]
        target = np.where(self.is_obj[where], self.obj[where], np.where(strength > 0, len(OBJECTS), len(OBJECTS) + 1))
        own = np.where(self.is_obj[where], self.obj_sign[where], np.sign(strength)) * self.turn[where]
        kept = reader.removes[kind] & (own > 0)  # "settle the claims", "ease access"
        sign = own * np.where(kept, self.turn[a], link[a])
        claim = (target == OBJECTS.index("claim")) & (reader.claim_sign[kind] != 0)
        sign = np.where(claim, reader.claim_sign[kind] * self.turn[a], sign) * link[b] * link[c]
        condemned = reader.condemns[np.stack([kind, self.kind[b], self.kind[c]])].any(axis=0)
        sign = np.where(condemned, -1.0, sign)
        # Who agrees to what is asked yields, whatever it is: "agreed to close the plant", "agreed to the demand".
        given = (target == OBJECTS.index("given")) & (link[a] < 0) | (target == OBJECTS.index("claim"))
        yields = reader.yields[self.cls[a]] & self.is_obj[where] | reader.yields[self.cls[b]] & given
        sign = np.where(yields & (self.turn[a] * self.turn[b] > 0), 1.0, sign)
        classes = np.stack([self.cls[a], self.cls[b], self.cls[c]])
        drops = reader.drops[self.kind] | reader.yields[self.cls]
        dropped = self.tamed[a] & drops[b] | self.tamed[b] & drops[c]
        sign = np.where(dropped, 1.0, sign)
        embeds = reader.embeds[classes]
        inner = classes[embeds.argmax(axis=0), np.arange(len(where))]
        some = np.flatnonzero(embeds.any(axis=0))
        self.add(where[some], reader.at["embedded"] + 2 * inner[some] + (sign[some] > 0), start=self.at[a[some]])
        sign = self.press(where, a, b, c, classes, sign)
        # "opposed the lifting of the ban" is no lifting: an operator that turns the next one is a negation of it.
        neg = self.neg[a] ^ (link[b] * link[c] < 0)
        name = reader.at["composed"] + (2 * kind + neg) * len(TARGETS) + target
        silent = (target == OBJECTS.index("given")) & reader.silent[kind]
        silent &= (b == self.none) | reader.silent[self.kind[b]]
        self.add(where[silent], name[silent], start=self.at[a[silent]])
        hostile = reader.hostile[classes] & ~self.tamed[np.stack([a, b, c])]
        told = ~silent & ~hostile.any(axis=0) & ~reader.considers[kind]
        # "stopped protesters from marching", "calls from members to march": who is named is not all that is acted on.
        named = self.person[where] & (target == OBJECTS.index("given"))
        told &= ~(named & (np.bincount(a, ~named, self.none + 1)[a] > 0))
        weight = np.where(self.is_obj[where] & (target != OBJECTS.index("given")), 1.0, 0.5)
        self.move(where[told], name[told], sign[told], weight[told], start=self.at[a[told]])

    def press(self, where: Ints, a: Ints, b: Ints, c: Ints, classes: Ints, sign: Floats) -> Floats:
        """Whom an operator wants something of; the signs, turned where one side is to stop something hostile."""
        presses = self.reader.presses[classes]
        presser = np.where(presses[0], a, np.where(presses[1], b, np.where(presses[2], c, self.none)))
        inner = np.where(presses[0], where, np.where(presses[1], a, b))  # what is wanted begins here
        most = len(self.names) - 1
        one = self.names[np.minimum(self.at[inner], most)] > self.names[np.minimum(self.end[presser], most)]
        one |= self.last(self.person & (self.obj > 0))[inner] > presser
        mutual = self.last(self.mark("mutual"))
        obliges = self.cls[presser] == CLASSES.index("demand")  # "all sides must": who is pressed stands before
        every = (mutual[inner] > presser) | obliges & (mutual[presser] > self.clause[presser])
        who = np.where(every, 2, np.where(one, 1, 0))
        stops = ~presses[0] & (self.link_sign[inner] < 0)
        some = np.flatnonzero(presser != self.none)
        self.appeal = np.zeros(self.none + 1, bool)
        self.appeal[presser[some]] = (who[some] == 2) & (sign[some] > 0)
        name = self.reader.at["press"] + 4 * who + 2 * ~stops + (sign > 0)
        self.add(where[some], name[some], start=self.at[presser[some]])
        pressed = (presser != self.none) & (who == 1)
        sign = np.where(pressed & stops & (sign > 0), -sign, sign)
        return np.where(pressed & self.neg[presser], 1.0, sign)  # "did not ask them to disarm first"

    def read_alone(self) -> None:
        """Objects without an operator, hostile operators, acts, and operators that speak for themselves."""
        reader = self.reader
        where = np.flatnonzero(self.target & self.is_obj & (self.parent == self.none))
        self.add(where, reader.at["object"] + 2 * self.obj[where] + self.neg[where])
        near = self.at - self.end[self.last(self.mark("neg"))] <= 1  # "no truce", not "will not change its truce plan"
        where = where[self.neg[where] & near[where] & (self.obj[where] <= OBJECTS.index("conf")) & ~self.spent[where]]
        self.move(where, reader.at["none"] + self.obj[where], -self.obj_sign[where], 0.5)
        where = np.flatnonzero(self.is_op)
        self.add(where, reader.at["op"] + 2 * self.kind[where] + self.neg[where])
        weight = reader.hostility[self.cls] * ~self.tamed
        where = np.flatnonzero(self.is_op & (weight > 0))
        name = reader.at["hostile"] + 2 * self.cls[where] + self.neg[where]
        self.move(where, name, np.where(self.appeal[where], 1, -self.turn[where]), weight[where])
        free = self.is_act & ~self.spent & ~(self.noun & self.is_obj) & (self.parent == self.none)
        lone = self.is_act & ~self.spent & self.is_op & ~self.used & (weight == 0)
        lone &= ~(self.noun & self.is_obj) & ~(self.target & (self.parent != self.none))
        where = np.flatnonzero(np.where(self.is_op, lone, free))
        strength = self.act[where]
        adjacent = (self.at[1:] == self.end[:-1]) & (self.row[1:] == self.row[:-1])
        denies = self.mark("neg") & ((self.flags & _BIT["joint"]) == 0)  # but not "neither helped nor paid"
        follower = np.append(denies[1:] & adjacent, False)  # "let no trucks through"
        turn = np.where(follower, -self.turn, self.turn)
        name = np.where(self.is_op[where], reader.at["lone"], reader.at["act"]) + 2 * (strength + 3) + self.neg[where]
        self.move(where, name, np.sign(strength) * turn[where], np.abs(strength) / 3)
        acted_on = self.target & (self.parent != self.none)
        bare = self.is_op & ~self.used & ~lone & ~acted_on & (reader.alone[self.kind] != 0)
        where = np.flatnonzero(bare)
        name = reader.at["bare"] + 2 * self.kind[where] + self.neg[where]
        alone = reader.alone[self.kind[where]]
        self.move(where, name, np.sign(alone) * turn[where], np.abs(alone))

    def read_idioms(self) -> None:
        """Set phrases; an operator that still waits turns them."""
        where = np.flatnonzero(self.idiom > 0)
        self.add(where, self.reader.at["idiom"] + self.idiom[where])
        where = where[self.idiom[where] < IDIOMS.index("neutral")]
        parent = self.parent[where]
        turn = np.where(self.used[parent], 1.0, self.link_sign[parent])
        turn = turn * self.turn[where]
        sign = np.where(self.idiom[where] == IDIOMS.index("conciliatory"), turn, -turn)
        self.move(where, self.reader.at["phrase"] + (sign > 0), sign)
        denial = self.last(self.mark("neg") & ~self.is_op)
        bars = self.mark("bar") & (denial > self.clause) & (self.at - self.at[denial] <= BAR_REACH)
        where = np.flatnonzero(bars)
        self.move(where, self.reader.at["barred"], -1.0, 0.5, start=self.at[denial[where]])

    def read_cues(self) -> None:
        """Words of modality, and words that neutral statements are made of."""
        lexicon = self.reader.lexicon
        start = lexicon.cue_start[self.entry]
        count = lexicon.cue_start[self.entry + 1] - start
        where = np.repeat(self.index, count)
        nth = np.arange(len(where)) - np.repeat(np.cumsum(count) - count, count)
        self.cued, self.cue = where, lexicon.cue_list[np.repeat(start, count) + nth]
        self.says = where[self.reader.quotes[self.cue]]
        self.add(where, self.reader.at["cue"] + self.cue)

    def find_main_clauses(self) -> tuple[Ints, Ints]:
        """(n,) tokens between which each main clause stands: after the last "but", outside "although ..."."""
        begin, end = self.row_start[:-1].copy(), self.row_start[1:].copy()
        turn = np.flatnonzero(self.mark("contrast"))
        turn = turn[(self.at[turn] - begin[self.row[turn]] > 2) & (end[self.row[turn]] - self.at[turn] > 3)]
        begin[self.row[turn]] = self.at[turn]  # of several the last one stays
        concession = np.flatnonzero(self.mark("concess"))
        concession = concession[self.at[concession] >= begin[self.row[concession]]]
        opening = self.at[concession] <= begin[self.row[concession]] + 2
        # "X, while sorry for the dead, will not pay": a concession between commas does not end the main clause.
        inserted = self.mark("comma")[concession - 1] & (self.at[concession - 1] + 1 == self.at[concession])
        inserted &= self.row[concession - 1] == self.row[concession]
        comma_after = np.minimum.accumulate(np.where(self.mark("comma"), self.index, self.none)[::-1])[::-1]
        inserted &= self.row[comma_after[np.minimum(concession + 1, self.none)]] == self.row[concession]
        closing = concession[~opening & ~inserted]
        np.minimum.at(end, self.row[closing], self.at[closing])
        start, close = np.full(self.n + 1, _FAR), np.full(self.n + 1, _FAR)
        start[self.row[concession[opening]]] = self.at[concession[opening]]
        comma = np.flatnonzero(self.mark("comma"))
        comma = comma[self.at[comma] > start[self.row[comma]] + 2]
        np.minimum.at(close, self.row[comma], self.at[comma])
        closed = close[:-1] < _FAR
        begin[closed] = close[:-1][closed]
        return begin, end

    def scopes(self, row: Ints, sign: Floats, start: Ints) -> dict[str, Bools]:
        """Which frames are not the statement's own main matter, and why; the first that holds counts.

        background: "had rejected", "apologised for the attack". asked: "whether it would attack". told: words of the
        teller around a quotation. aside: "after the attack", "which attacked", "if they do". yielded: before "but",
        "although ...".
        """
        hit = np.searchsorted(self.at, start)  # the hit that the frame begins with
        had, excuse = (self._leading(mark, hit) for mark in ("had", "excuse"))
        background = (had >= 0) & (start - self.at[had] <= BACKGROUND_REACH)
        # What somebody said had been done is no background: it is what is said, unless "who had" tells it by the way.
        said = np.bincount(self.row[self.says], minlength=self.n + 1) > 0
        background &= ~said[row] | (self._leading("subordinate", hit) >= 0)
        background |= (excuse >= 0) & (sign < 0) & (start - self.at[excuse] <= WINDOW)
        question = self.last(self.mark("question"))[hit]
        asked = (question > self.clause[hit]) & (start - self.at[question] <= QUESTION_REACH)
        told = self.is_speech[row] & ~self.quoted(row, start)
        aside = (self._leading("subordinate", hit) >= 0) | (self._leading("cond", hit) >= 0)
        begin, finish = self.find_main_clauses()
        yielded = (start < begin[row]) | (start >= finish[row]) | (self._leading("concess", hit) >= 0)
        scopes = {"background": background, "asked": asked, "told": told, "aside": aside, "yielded": yielded}
        free = np.ones(len(row), bool)
        for name, which in scopes.items():
            scopes[name] = which & free
            free &= ~which
        return scopes | {"own": free}

    def sum_up(self) -> Ints:
        """Count the frames, background apart, and sum up their directions: (n,) -1, 0 or 1 of each statement."""
        at = self.reader.at
        row, name, sign, weight, start, end = (np.concatenate(part) for part in zip(*self.moves, strict=True))
        order = np.argsort(start, kind="stable")
        row, name, sign, weight, start, end = (x[order] for x in (row, name, sign, weight, start, end))
        plus = (sign > 0).astype(np.int64)
        scopes = self.scopes(row, sign, start)
        gone = scopes["background"] | scopes["asked"]

        def add(which: Bools, feature: Ints, value: Any = 1.0) -> None:
            self.found.append(np.broadcast_arrays(row[which], feature[which], value, start[which], end[which]))

        for label, which in scopes.items():
            add(which, at[label] + plus, weight[which] if label == "own" else 1.0)
        add(scopes["own"], name)
        hit = np.searchsorted(self.at, start)
        add(~gone & (self._leading("cond", hit) >= 0), at["cond"] + plus)
        sums = {}
        for label, which in (("total", ~gone), ("main", scopes["own"]), ("before", scopes["yielded"])):
            sums[label] = np.bincount(row, sign * weight * which, self.n).astype(float)
        for label in ("total", "main"):
            rows = np.flatnonzero(np.abs(sums[label]) > 1e-9)
            self.add_whole(rows, at[label] + (sums[label][rows] > 0), np.minimum(np.abs(sums[label][rows]), MOST))
        lead = _first(row, scopes["own"])
        for label, which in (("first", _first(row, ~gone)), ("last", _first(row[::-1], ~gone[::-1])[::-1]),
                             ("lead", lead)):  # fmt: skip
            add(which, at[label] + plus)
        tied = np.abs(sums["main"]) < 1e-9
        sums["main"] += np.bincount(row, sign * lead, self.n) * tied  # undecided: its first move counts
        way = self.turn_round(sums["main"], sums["before"])
        moved = np.bincount(row[~gone], minlength=self.n) > 0
        rows = np.flatnonzero(~moved & (self.row_start[1:] > self.row_start[:-1]))
        self.add_whole(rows, at["still"], 1.0)
        return way

    def turn_round(self, main: Floats, before: Floats) -> Ints:
        """The direction of each statement in one: that of its main clause, or against what it yields ("..., but")."""
        at = self.reader.at
        way = np.sign(np.where(np.abs(main) > 1e-9, main, 0)).astype(np.int64)
        turned = (way == 0) & (np.abs(before) > 1e-9)
        rows = np.flatnonzero(turned)
        self.add_whole(rows, at["turned"] + (before[rows] < 0), 1.0)
        rows = np.flatnonzero(way)
        self.add_whole(rows, at["way"] + (way[rows] > 0), 1.0)
        setting = self.reader.setting[self.cue]
        key = np.unique((self.row[self.cued] * len(SETTINGS) + setting)[setting >= 0])
        rows, setting = np.divmod(key, len(SETTINGS))
        self.add_whole(rows, at["in"] + 3 * setting + 1 + way[rows], 1.0)
        return way

    def _leading(self, mark: str, hit: Ints) -> Ints:
        """For some hits the last one before each, in the same phrase, that bears a mark; -1 when there is none."""
        nearest = self.last(self.mark(mark))[hit]
        return np.where(nearest > self.phrase[hit], nearest, -1)
