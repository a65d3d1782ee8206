"""Frames of a statement: who furthers or hinders what, read from entries of the lexicon.

An *operator* (reject, lift, call for) waits for its *object* (talks, ban) or *act* (attack, apologise): signs multiply
along a chain of up to three operators, a negation turns what follows it. What is accused, warned of, threatened,
demanded or denied is no move of the speaker's and counts apart. The direction of all frames is summed up for the
statement, its main clause (after ``but``, outside ``although ...``), its first and its last frame.

All of it is array arithmetic over the hits of a batch: nothing here loops over words. ``last(mask)`` is the work-horse:
for every hit the nearest earlier hit of a kind.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from stance.model.matching import CLASSES, EMBEDDING, IDIOMS, MARK, OBJECTS, PLAIN, Hits, Lexicon
from stance.model.tokens import Tokens

WINDOW, EMBED_WINDOW = 8, 12
"""Tokens that an operator waits for its object; one that embeds a clause waits longer."""
NEGATION_REACH, PASSIVE_REACH, BACKGROUND_REACH, JOIN_REACH = 4, 6, 2, 3
MOST = 2.0
"""A feature counts at most so often in a statement."""
HOSTILE = {"threaten-to": 1.0, "accuse-of": 1.0, "warn-of": 0.5, "deny-that": 0.0, "demand": 0.0}
"""Operators whose clause is no move of the speaker's own, and how hostile they are themselves."""
_CLAIM_SIGN = {"reject": -1, "oppose": -1, "prevent": -1, "offer": 1, "support": 1}
_OPEN = ("start", "continue", "intensify", "lack", "uphold", "reduce")  # "issue a report" says nothing
_INTRANSITIVE = ("end", "continue", "start", "restore", "intensify", "postpone", "reduce", "remove")
_TARGETS = (*OBJECTS, "act+", "act-")
_DETERMINERS = frozenset("a an the its their his her our any no all of in some this that these".split())  # noqa: SIM905
_NOMINAL = frozenset("a an the its their his her our your my any no all of in for on with by from over into this these such".split())  # noqa: SIM905
_VERBAL = frozenset("to will would must should shall can could may might not cannot we they i he she it who did does do".split())  # noqa: SIM905
_LINKS = frozenset("of for on to against from with in over".split())  # noqa: SIM905
_PARTICIPLE, _BY, _DETERMINER, _AUXILIARY, _JOINT, _BEFORE_NOUN, _BEFORE_VERB, _LINK = (1 << i for i in range(8))

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Readings:
    """Frame features as they occur in a batch, in the order of statements.

    rows: (r,) statement. features: (r,) number in Reader.names. values: (r,) how much each counts.
    start, end: (r,) first token, and token after the last, that each stands on.
    """

    rows: Ints
    features: Ints
    values: Floats
    start: Ints
    end: Ints

    def counted(self) -> Readings:
        """The same with counts above MOST cut down: all occurrences of a feature in a statement share the loss."""
        if not len(self.rows):
            return self
        key = self.rows * (1 << 20) + self.features
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
        total = np.add.reduceat(self.values[order], first)
        share = np.repeat(np.minimum(1, MOST / total), np.diff(np.append(first, len(key))))
        return Readings(self.rows[order], self.features[order], self.values[order] * share,
                        self.start[order], self.end[order])  # fmt: skip


class Reader:
    """Reads frames with a compiled lexicon.

    names: what the features are called, by number: ``reject>coop``, ``rejectN>conf`` (negated), ``passive:end>conf``,
    ``op:support``, ``object:coop``, ``act-2``, ``call-for>-``, ``mod:cond``, ``neutral:analyst``, ``main+``.
    """

    def __init__(self, lexicon: Lexicon) -> None:
        self.lexicon = lexicon
        self.names: list[str] = []
        kinds = [f"{kind}{neg}" for kind in lexicon.kinds for neg in ("", "N")]
        targets = [f"{kind}>{target}" for kind in kinds for target in _TARGETS]
        self._ops = self._name("op:", kinds)
        self._frames = self._name("", targets)
        self._passives = self._name("passive:", targets)
        self._objects = self._name("object:", [f"{target}{neg}" for target in _TARGETS for neg in ("", "N")])
        self._acts = self._name("act", [f"{n:+d}{neg}" for n in range(-3, 4) for neg in ("", "N")])
        self._embedded = self._name("", [f"{cls}>{sign}" for cls in CLASSES for sign in "-+"])
        self._hostile = self._name("", [f"{cls}{neg}" for cls in CLASSES for neg in ("", "N")])
        self._idioms = self._name("idiom:", IDIOMS)
        self._cues = self._name("", lexicon.cues)
        sums = [f"{name}{sign}" for name in ("net", "main", "total", "first", "last", "background", "idiom", "cond",
                                             "aside") for sign in "-+"]  # fmt: skip
        self._sums = {name: i for name, i in zip(sums, range(len(self.names), len(self.names) + len(sums)), strict=True)}
        self.names += [*sums, "still"]
        entries = lexicon.entries
        embedding = np.isin(entries["op"], [CLASSES.index(c) for c in EMBEDDING])
        self._plain, self._embedding = (entries["op"] > 0) & ~embedding, embedding
        self._hostility = np.array([HOSTILE.get(c, 0.0) for c in CLASSES])
        self._foreign = np.array([c in HOSTILE for c in CLASSES])
        kind = list(lexicon.kinds)
        self._claim = np.array([_CLAIM_SIGN.get(k, 0) for k in kind])
        self._open, self._intransitive = (np.array([k in group for k in kind]) for group in (_OPEN, _INTRANSITIVE))
        self._condemn, self._remove = (kind.index(k) if k in kind else -1 for k in ("condemn", "remove"))
        self._person = lexicon.domains.index("person") if "person" in lexicon.domains else -1

    def _name(self, prefix: str, names: Sequence[str]) -> int:
        """Number of the first of these new names."""
        self.names += [prefix + name for name in names]
        return len(self.names) - len(names)

    def describe(self, surface: str) -> tuple[int, int, int, int]:
        """What reading needs of a word type."""
        lower = surface.lower()
        flags = (
            _PARTICIPLE * lower.endswith(("ed", "en"))
            | _BY * (lower == "by")
            | _DETERMINER * (lower in _DETERMINERS)
            | _AUXILIARY * (lower in ("has", "have", "to", "will"))
            | _JOINT * (lower in ("and", "or", ",", "as"))
            | _BEFORE_NOUN * (lower in _NOMINAL)
            | _BEFORE_VERB * (lower in _VERBAL or lower.endswith("n't"))
            | _LINK * (lower in _LINKS)
        )
        return *self.lexicon.describe(surface), flags

    def read(self, tokens: Tokens, described: Ints) -> Readings:
        """Frame features of a batch. described: (types, 4) what :meth:`describe` says of each token type."""
        hits = self.lexicon.match(tokens.types, tokens.rows, described[:, :3])
        return _Batch(self, tokens, described[:, 3].take(tokens.types), hits).readings()


class _Batch:
    """The hits of a batch, with one more at the end that stands for "none": sign 1, nothing else."""

    def __init__(self, reader: Reader, tokens: Tokens, flags: Ints, hits: Hits) -> None:
        self.reader, self.flags, self.n = reader, flags, tokens.n
        h = self.none = len(hits.at)
        entry = np.append(hits.entry, 0)
        self.at, self.end = np.append(hits.at, 1 << 40), np.append(hits.end, 1 << 40)
        self.entry = entry
        self.row = np.append(tokens.rows[hits.at], tokens.n).astype(np.int64)
        columns = reader.lexicon.entries
        self.kind, self.cls = columns["kind"][entry].astype(np.int64), columns["op"][entry].astype(np.int64)
        self.obj, self.act = columns["obj"][entry].astype(np.int64), columns["act"][entry].astype(np.int64)
        self.idiom = columns["idiom"][entry].astype(np.int64)
        self.marks = columns["marks"][entry]
        self.person = columns["domain"][entry] == reader._person
        self.op_sign, self.obj_sign = columns["op_sign"][entry].astype(float), columns["obj_sign"][entry].astype(float)
        self.index = np.arange(h + 1)
        opens = np.concatenate([[True], self.row[1:] != self.row[:-1]])
        self.first = np.maximum.accumulate(np.where(opens, self.index, 0))
        self.row_start = np.searchsorted(tokens.rows, np.arange(tokens.n + 1))
        self.found: list[tuple[Ints, Any, Any, Any, Any]] = []
        self.moves: list[tuple[Ints, Floats, Floats, Ints]] = []

    def last(self, mask: Bools) -> Ints:
        """For each hit the nearest earlier one in its statement for which mask holds; -1 when there is none."""
        nearest = np.maximum.accumulate(np.where(mask, self.index, -1))
        nearest = np.concatenate([[-1], nearest[:-1]])
        return np.where(nearest >= self.first, nearest, -1)

    def mark(self, name: str) -> Bools:
        return (self.marks & MARK[name]) != 0

    def readings(self) -> Readings:
        self.sort_out()
        self.negate()
        self.link()
        self.passives()
        self.link()
        self.compose()
        self.lone()
        self.idioms()
        self.cues()
        self.sums()
        rows, features, values, start, end = (np.concatenate(part) for part in zip(*self.found, strict=True))
        return Readings(rows, features, values, start, end)

    def add(self, where: Ints, feature: Any, value: Any = 1.0, start: Ints | None = None, end: Ints | None = None) -> None:
        """Count a feature for some hits."""
        self.found.append((
            self.row[where], np.broadcast_to(feature, where.shape), np.broadcast_to(value, where.shape),
            self.at[where] if start is None else start, self.end[where] if end is None else end,
        ))  # fmt: skip

    def emit(self, where: Ints, feature: Any, sign: Any, weight: Any = 1.0, start: Ints | None = None,
             end: Ints | None = None) -> None:  # fmt: skip
        """Count frames that move toward cooperation (sign > 0) or conflict; background ones only as such."""
        start = self.at[where] if start is None else start
        end = self.end[where] if end is None else end
        sign = np.broadcast_to(sign, where.shape)
        weight = np.broadcast_to(weight, where.shape)
        self.moves.append((where, sign, weight, start, end, np.broadcast_to(feature, where.shape)))

    def sort_out(self) -> None:
        """Which hits are operators, objects, acts; a participle that only describes is none."""
        is_op, size = self.cls > 0, self.end - self.at
        at = np.minimum(self.at, len(self.flags) - 1) if len(self.flags) else self.at * 0
        flags = self.flags if len(self.flags) else np.zeros(1, np.int64)
        inside = self.at > self.row_start[np.minimum(self.row, self.n)]
        before = np.where(inside, flags[np.maximum(at - 1, 0)], 0)
        after = flags[np.minimum(at + 1, len(flags) - 1)]
        self.before = before
        be = self.last(self.mark("be"))
        by = ((after & _BY) != 0) & ((be < 0) | (self.at[be] < self.at - 3))
        participle = (size == 1) & ((flags[at] & _PARTICIPLE) != 0) & (is_op | (self.act != 0))
        idle = participle & (by | (((before & _DETERMINER) != 0) & is_op))
        following = np.append(self.obj[1:] > 0, False) & (np.append(self.at[1:], 0) == self.end)
        idle |= (self.obj > 0) & ~is_op & following  # "visa ban" is a ban
        idle |= self.idiom > 0
        after = np.where(self.end < len(flags), flags[np.minimum(self.end, len(flags) - 1)], 0)
        noun = (self.obj > 0) & ((before & _BEFORE_NOUN) != 0)
        verb = is_op & ((before & _BEFORE_VERB) != 0)
        self.is_op = is_op & ~idle & ~(noun & ((after & _LINK) == 0))
        self.is_obj, self.is_act = (self.obj > 0) & ~idle & ~verb, (self.act != 0) & ~idle
        self.content = self.is_op | self.is_obj | self.is_act | (self.idiom > 0)
        stop = self.last(self.mark("stop") | self.mark("contrast"))
        self.clause = np.maximum(stop, self.first - 1)
        self.phrase = np.maximum(self.last(self.mark("comma")), self.clause)

    def negate(self) -> None:
        """Which hits the nearest negation turns: it is used up by the first operator, object or act."""
        negation = self.last(self.mark("neg") & ~self.is_op)
        near = (negation > self.phrase) & (self.at - self.at[negation] <= NEGATION_REACH)
        self.neg = near & (self.last(self.content) < negation)
        self.neg[self.none] = False
        self.turn = np.where(self.neg, -1.0, 1.0)

    def link(self) -> None:
        """Each hit's waiting operator: self.parent, or self.none."""
        reader = self.reader
        plain = self.is_op & reader._plain[self.entry]
        embedding = self.is_op & reader._embedding[self.entry]
        operator = self.last(plain)
        embedder = self.last(embedding)
        waits = (operator > self.clause) & (self.at - self.at[operator] <= WINDOW)
        waits &= self.last(self.mark("relative") | self.mark("comma")) < operator
        embeds = (embedder > self.clause) & (self.at - self.at[embedder] <= EMBED_WINDOW)
        # A noun that is an operator too ("offer", "support") is an object right after an operator.
        nearest = np.maximum(np.where(waits, operator, -1), np.where(embeds, embedder, -1))
        close = (nearest >= 0) & (self.at - self.at[nearest] <= 3)
        self.target = (self.is_obj | self.is_act) & (~self.is_op | (self.is_obj & close) | (~self.is_obj & (nearest >= 0)))
        done = self.last(self.target)
        waits &= done <= operator
        embeds &= self.is_op | (done <= embedder) | (self.person[done])
        parent = np.maximum(np.where(waits, operator, -1), np.where(embeds, embedder, -1))
        parent = np.where(parent < 0, self.none, parent)
        parent[self.none] = self.none
        # "talks and trade": the second object shares the operator of the first.
        other = self.last(self.target)
        gap = self.at - self.end[other]
        joint = self.target & ~self.is_op & (other > self.clause) & (gap <= JOIN_REACH) & (gap >= 1)
        joint &= (self.before & _JOINT) != 0
        for _ in range(2):
            parent = np.where(joint & (parent == self.none), parent[other], parent)
        self.parent = parent
        self.used = np.zeros(self.none + 1, bool)

    def passives(self) -> None:
        """Objects before "be" and an operator: "the ban was lifted"."""
        reader = self.reader
        bare = self.target & self.is_obj & (self.parent == self.none)
        thing = self.last(bare)
        plain = self.is_op & reader._plain[self.entry] & (self.last(self.target) == thing)
        near = plain & (thing > self.clause) & (self.at - self.at[thing] <= PASSIVE_REACH)
        be = self.last(self.mark("be"))
        passive = near & (be > thing) & (be > self.phrase)
        gap = self.at - self.at[thing]
        adjacent = (gap == 1) | ((gap == 2) & ((self.before & _AUXILIARY) != 0))
        busy = np.zeros(self.none + 1, bool)
        busy[self.parent[self.target]] = True
        passive |= near & adjacent & ~busy & ~self.person[thing] & reader._intransitive[self.kind]
        where = np.flatnonzero(passive)
        thing = thing[where]
        neg = self.neg[where] | self.neg[thing]
        obj = self.obj[thing]
        name = reader._passives + (2 * self.kind[where] + neg) * len(_TARGETS) + obj
        sign = self.op_sign[where] * self.obj_sign[thing] * np.where(neg, -1, 1)
        silent = (obj == OBJECTS.index("given")) & reader._open[self.kind[where]]
        self.add(where[silent], name[silent], 1.0, self.at[thing[silent]], self.end[where[silent]])
        told = ~silent
        self.emit(where[told], name[told], sign[told], 1.0, self.at[thing[told]], self.end[where[told]])
        self.is_op = self.is_op & ~passive
        self.is_act = self.is_act & ~passive
        self.is_obj = self.is_obj & ~passive
        self.passive_flips = (self.at[thing], self.end[thing], self.op_sign[where] * np.where(neg, -1, 1) < 0)
        self.spent = np.zeros(self.none + 1, bool)
        self.spent[thing] = True

    def compose(self) -> None:
        """The waiting operators act on objects and acts: their signs multiply."""
        reader = self.reader
        where = np.flatnonzero(self.target & (self.parent != self.none) & (self.is_obj | self.is_act) & ~self.spent)
        a = self.parent[where]
        b = self.parent[a]
        c = self.parent[b]
        obj = np.where(self.is_obj[where], self.obj[where], np.where(self.act[where] > 0, 5, 6))
        sign = np.where(obj < 5, self.obj_sign[where], np.sign(self.act[where])) * self.turn[where]
        link = self.op_sign * self.turn
        outer = link[b] * link[c]
        kind = self.kind[a]
        claim = (obj == OBJECTS.index("claim")) & (reader._claim[kind] != 0)
        first = np.where((kind == reader._remove) & (sign > 0), 1.0, link[a])
        sign = np.where(claim, reader._claim[kind] * self.turn[a], sign * first) * outer
        sign = np.where(kind == reader._condemn, -1.0, sign)
        cls = np.stack([self.cls[a], self.cls[b], self.cls[c]])
        embeds = cls > len(PLAIN)
        inner = np.where(embeds[0], cls[0], np.where(embeds[1], cls[1], cls[2]))
        embedded = np.flatnonzero(embeds.any(axis=0))
        self.add(where[embedded], reader._embedded + 2 * inner[embedded] + (sign[embedded] > 0), 1.0, self.at[a[embedded]])
        name = reader._frames + (2 * kind + self.neg[a]) * len(_TARGETS) + obj
        silent = (obj == OBJECTS.index("given")) & reader._open[kind]
        self.add(where[silent], name[silent], 1.0, self.at[a[silent]])
        told = ~silent & ~reader._foreign[cls].any(axis=0)
        self.emit(where[told], name[told], sign[told], 1.0, self.at[a[told]])
        self.used[a] = self.used[b] = self.used[c] = True
        own = np.where(obj < 5, self.obj_sign[where], np.sign(self.act[where]))
        self.flips = (self.at[where], self.end[where], sign * own < 0)

    def lone(self) -> None:
        """Objects without an operator, acts and operators that speak for themselves."""
        reader = self.reader
        bare = np.flatnonzero(self.target & self.is_obj & (self.parent == self.none))
        self.add(bare, reader._objects + 2 * self.obj[bare] + self.neg[bare])
        ops = np.flatnonzero(self.is_op)
        self.add(ops, reader._ops + 2 * self.kind[ops] + self.neg[ops])
        weight = reader._hostility[self.cls]
        hostile = np.flatnonzero(self.is_op & (weight > 0))
        self.emit(hostile, reader._hostile + 2 * self.cls[hostile] + self.neg[hostile], -self.turn[hostile], weight[hostile])
        free = self.is_act & ~(self.is_obj & self.target)
        free &= np.where(self.is_op, ~self.used & (weight == 0), self.parent == self.none)
        free &= ~(self.is_op & self.target & (self.parent != self.none))
        acts = np.flatnonzero(free)
        strength = self.act[acts]
        name = reader._acts + 2 * (strength + 3) + self.neg[acts]
        self.emit(acts, name, np.sign(strength) * self.turn[acts], np.abs(strength) / 3)

    def idioms(self) -> None:
        """Set phrases; an operator that waits turns them."""
        reader = self.reader
        where = np.flatnonzero(self.idiom > 0)
        self.add(where, reader._idioms + self.idiom[where])
        where = where[self.idiom[where] < 3]
        p = self.parent[where]
        turn = np.where(self.used[p], 1.0, self.op_sign[p] * self.turn[p])
        sign = np.where(self.idiom[where] == 2, turn, -turn)
        self.emit(where, reader._sums["idiom-"] + (sign > 0), sign)

    def cues(self) -> None:
        lexicon = self.reader.lexicon
        entry = self.entry[:-1]
        start = lexicon.cue_start[entry]
        count = lexicon.cue_start[entry + 1] - start
        where = np.repeat(self.index[:-1], count)
        offset = np.arange(len(where)) - np.repeat(np.cumsum(count) - count, count)
        self.add(where, self.reader._cues + lexicon.cue_list[np.repeat(start, count) + offset])

    def main_clause(self) -> tuple[Ints, Ints]:
        """(n,) tokens between which each statement's main clause stands: after "but", outside "although ..."."""
        begin, end = self.row_start[:-1].copy(), self.row_start[1:].copy()
        contrast = np.flatnonzero(self.mark("contrast"))
        contrast = contrast[self.at[contrast] - begin[self.row[contrast]] > 2]
        begin[self.row[contrast]] = self.at[contrast]  # the last one stays
        concess = np.flatnonzero(self.mark("concess"))
        row = self.row[concess]
        late = self.at[concess] > begin[row] + 2
        np.minimum.at(end, row[late], np.where(self.at[concess[late]] > begin[row[late]], self.at[concess[late]], 1 << 40))
        opening = concess[~late & (self.at[concess] >= begin[row])]
        comma = np.flatnonzero(self.mark("comma"))
        start = np.full(self.n + 1, 1 << 40)
        start[self.row[opening]] = self.at[opening]
        comma = comma[self.at[comma] > start[self.row[comma]] + 2]
        first = np.full(self.n + 1, 1 << 40)
        np.minimum.at(first, self.row[comma], self.at[comma])
        early = first[:-1] < (1 << 40)
        begin[early] = first[:-1][early]
        return begin, end

    def sums(self) -> None:
        """Directions of all frames of a statement, added up."""
        reader, sums = self.reader, self.reader._sums
        where, sign, weight, start, end, name = (np.concatenate(part) for part in zip(*self.moves, strict=True))
        order = np.argsort(start, kind="stable")
        where, sign, weight, start, end, name = (x[order] for x in (where, sign, weight, start, end, name))
        had = self.last(self.mark("had"))
        owner = np.searchsorted(self.at, start)  # the hit that the frame begins with
        before = had[owner]
        back = (before >= 0) & (before > self.phrase[owner]) & (start - self.at[before] <= BACKGROUND_REACH)
        positive = (sign > 0).astype(np.int64)
        self.add(where[back], sums["background-"] + positive[back], 1.0, start[back], end[back])
        keep = ~back
        where, sign, weight, start, end, name, positive, owner = (
            x[keep] for x in (where, sign, weight, start, end, name, positive, owner)
        )
        row = self.row[where]
        self.add(where, name, 1.0, start, end)
        self.add(where, sums["net-"] + positive, weight, start, end)
        begin, finish = self.main_clause()
        main = (begin[row] <= start) & (start < finish[row])
        lead = self.last(self.mark("cond"))[owner]
        conditional = lead > self.phrase[owner]
        self.add(where[conditional], sums["cond-"] + positive[conditional], 1.0, start[conditional], end[conditional])
        lead = self.last(self.mark("subordinate"))[owner]
        aside = lead > self.phrase[owner]
        self.add(where[aside], sums["aside-"] + positive[aside], 1.0, start[aside], end[aside])
        for label, value in (("total-", sign * weight), ("main-", sign * weight * main)):
            total = np.bincount(row, value, self.n)
            got = np.flatnonzero(np.abs(total) > 1e-9)
            self.whole(got, sums[label] + (total[got] > 0), np.minimum(np.abs(total[got]), MOST))
        change = row[1:] != row[:-1]
        for label, edge in (("first-", np.concatenate([[True], change])), ("last-", np.concatenate([change, [True]]))):
            edge = edge[: len(row)]
            self.add(where[edge], sums[label] + positive[edge], 1.0, start[edge], end[edge])
        moved = np.zeros(self.n, bool)
        moved[row] = True
        still = np.flatnonzero(~moved)
        self.whole(still, len(reader.names) - 1, 1.0)

    def whole(self, rows: Ints, feature: Any, value: Any) -> None:
        """Count a feature for whole statements."""
        shape = rows.shape
        self.found.append((rows, np.broadcast_to(feature, shape), np.broadcast_to(value, shape),
                           self.row_start[rows], self.row_start[rows + 1]))  # fmt: skip
