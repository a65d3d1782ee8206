"""Who says each statement, to or of whom, and in which voice: rules over cue verbs, names and quotation marks."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from stance.statement import Document, Statement
from stance.text.clauses import main_clause
from stance.text.cueing import (
    Reading,
    is_direction,
    is_labelled,
    opens_turn,
    read_quotation,
    read_signature,
    read_title,
)
from stance.text.names import Cast, Mention
from stance.text.phrases import noun_phrase_after
from stance.text.quoting import Quotation, quotations_of
from stance.text.reporting import read_report
from stance.text.segmenting import is_front
from stance.text.targeting import actor_at, target
from stance.text.wordlists import cue_nouns
from stance.text.words import Range, Words, plain

_SAYING = ("say", "ask", "claim", "concede", "show")  # classes that make a speaker of any subject
_TURNS = 2  # labelled paragraphs that make a transcript
_HEAD = 4  # statements among which the title of a speech stands
_SENTENCE_ENDS = frozenset('.!?…,:;”"')
_LABELS, _LABELLED = 4, 0.3  # labels, and their share of the paragraphs, where turns run over paragraphs


def attribute(document: Document, statements: Sequence[Statement]) -> list[Statement]:
    """The statements of ``segment`` with speaker, target, voice, cue and content filled in.

    No speaker is named where the rules find none, unless the whole document has one (``document.speaker``, or
    the title of a speech among its first lines): then the rest is what that speaker says. Linear in the length
    of the text.

    >>> from stance.text.segmenting import segment
    >>> text = "“We will talk,” envoy Jane Roe said. Roe warned that Ostland would not wait."
    >>> document = Document(text, id="a")
    >>> for s in attribute(document, segment(document)):
    ...     print(s.voice, s.speaker, s.speaker_full, s.cue, text[s.content_start : s.content_end])
    quote Jane Roe Jane Roe say We will talk
    reported Roe Jane Roe warn Ostland would not wait.
    """
    return _Teller(document, statements).tell()


class _Teller:
    """Reads a document's statements in order and remembers who spoke last and who is in focus."""

    def __init__(self, document: Document, statements: Sequence[Statement]) -> None:
        self.text = text = document.text
        name = (document.speaker or "").strip()
        self.author = Mention(name, name.split()[-1], "person", None, True) if name else None
        self.title = plain(document.title or "")
        self.begins = 0  # where the author's words do
        self.statements = statements
        self.marks = quotations_of(text)
        self.ends = [q.end for q in self.marks]
        self.starts = [q.start for q in self.marks]
        self.cast = Cast()
        self.words = [self._words(s) for s in statements]
        for s, words in zip(statements, self.words, strict=True):
            if is_front(text, s.start, s.end):
                words.names.clear()  # who wrote it, and where, is nobody of whom it tells
                words.main = (None, -1)
            self.cast.observe(words, text)
        self.cast.answerer = self._answerer()
        self.signed = [False] * len(statements)
        self.turns: list[Mention | None] = []
        self.transcript = self.long_turns = False
        self.speakers: list[Mention | None] = []
        self.cues: list[str | None] = []

    def _overlapping(self, s: Statement) -> tuple[int, int]:
        """Indices of the first quotation in a statement and of the one after its last."""
        return bisect_right(self.ends, s.start), bisect_left(self.starts, s.end)

    def _words(self, s: Statement) -> Words:
        words = Words(self.text, s.start, s.end)
        first, stop = self._overlapping(s)
        for q in self.marks[first:stop]:
            begin, end = bisect_left(words.starts, q.start), bisect_left(words.starts, q.end)
            words.quote(begin, end)
        return words

    def tell(self) -> list[Statement]:
        """The statements in order, each with what it takes from those before it."""
        readings = [
            (read_quotation if s.voice == "quote" else read_report)(s, w, self.cast)
            for s, w in zip(self.statements, self.words, strict=True)
        ]
        self._sign(readings)
        lent = self._lent(readings)
        labels = sum(any(r.cue == ":" for r in found) for found in readings)
        self.transcript = labels + sum(is_labelled(words, "question") for words in self.words) >= _TURNS
        if self.author is None and not self.transcript:
            self._read_title()
        self.long_turns = self.transcript and self._is_all_turns()
        told: list[Statement] = []
        for i, s in enumerate(self.statements):
            mention, reading = self._speaker(i, lent[i], readings[lent[i]])
            self.turns.append(mention if self._takes_turn(i, reading) else None)
            cue = reading.cue if reading else ":" if self.turns[-1] else None
            if self.transcript and is_direction(s.text):
                told.append(self._unsaid(s))
                continue
            if mention is None and s.voice == "quote" and not readings[lent[i]]:
                mention = self._carried(i)
                cue = self.cues[i - 1] if mention and self._continues(i) else None
            self.speakers.append(mention)
            self.cues.append(cue if mention else None)
            self._look(i, mention)
            own = reading if mention and lent[i] == i else None
            if lent[i] == i:
                cues = readings[i] if s.voice == "quote" else [own] if own else []
                s = replace(s, judged_end=self._judged_end(s, cues))
            told.append(self._told(s, self.words[i], own, mention or (self.author if i >= self.begins else None)))
        return told

    def _read_title(self) -> None:
        """Make the speaker whom the title of a speech names its author, from the first whole sentence on."""
        title = self.title
        heads = [(-1, title, Words(title, 0, len(title)))] if title else []
        for i, text, words in [*heads, *((k, self.text, words) for k, words in enumerate(self.words[:_HEAD]))]:
            source = read_title(words)
            author = source and self.cast.mention(words, text, source)
            if not source or not author or author.kind == "thing":
                continue
            begins = (k for k in range(i + 1, len(self.words)) if self.statements[k].text[-1] in _SENTENCE_ENDS)
            self.begins = next(begins, len(self.words))
            if not any(self._tells_of(author, words) for words in self.words[self.begins :]):
                self.author = author
                self._side_with(author, words, text, source[1] + 1)
            return

    def _side_with(self, author: Mention, words: Words, text: str, after: int) -> None:
        """Note for whom a person speaks by what follows the name: ", Permanent Representative of Ostland"."""
        if words.words[after : after + 1] == [","]:
            actors = (actor_at(words, text, k) for k in range(after + 1, words.size) if words.tags[k] == "cap")
            side = next(filter(None, actors), None)
            if side:
                self.cast.sides.setdefault(author.head, side)

    def _tells_of(self, author: Mention, words: Words) -> bool:
        """Does a sentence name a person, as a report on a speech would and the speech does not?"""
        return author.kind in ("person", "name") and any(words.words[j] == author.head for _, j in words.names)

    def _unsaid(self, s: Statement) -> Statement:
        """A statement that nobody speaks, such as a stage direction."""
        self.speakers.append(None)
        self.cues.append(None)
        return s

    def _answerer(self) -> Mention | None:
        """Who answers where "Q:" stands before questions: the only person named before the first, else just "A"."""
        first = next((i for i, words in enumerate(self.words) if is_labelled(words, "question")), None)
        if first is None:
            return None
        people: dict[str, Mention | None] = {}
        known = self.cast.people.union(*self.cast.roles.values())
        for words in self.words[:first]:
            for span in words.names:
                if words.words[span[1]] in known:
                    people.setdefault(words.words[span[1]], self.cast.name(words, self.text, span))
        label = next((w.words[0].rstrip(".") for w in self.words[first:] if is_labelled(w, "answer")), "A")
        return next(iter(people.values())) if len(people) == 1 else self.cast.named(label, label.lower(), label)

    def _sign(self, readings: list[list[Reading]]) -> None:
        """Signatures after quotations: a line or sentence of its own, "— Jane Roe"."""
        for i, words in enumerate(self.words):
            above = i - 1 - (i > 1 and self._is_bare(i - 1))
            signed = i and self.statements[above].voice == "quote" and read_signature(words, 0, words.size - 1)
            if signed:
                self.signed[i] = True
                readings[i] = [Reading(signed, "—", "say", (0, 0))]

    def _speaker(self, i: int, owner: int, found: list[Reading]) -> tuple[Mention | None, Reading | None]:
        """The best reading that names somebody; inside a turn of a transcript, whose turn it is."""
        if self.transcript and i and self.turns[i - 1] and self._in_turn(i):
            return self.turns[i - 1], None
        for reading in [] if self.signed[i] else found:
            mention = self._source(owner, reading)
            if mention or self._is_author(owner, reading):
                return mention, reading
        return None, None

    def _lent(self, readings: list[list[Reading]]) -> list[int]:
        """For each statement whose reading counts: the first sentences of a quotation wait for the cue at its end."""
        lent = list(range(len(readings)))
        for i in range(len(readings) - 2, -1, -1):
            if readings[i] or self.statements[i].voice != "quote":
                continue
            first, stop = self._overlapping(self.statements[i])
            if stop <= first:
                continue
            below = min(i + 1 + self._is_bare(i + 1), len(readings) - 1)
            if self.signed[below] and self.marks[stop - 1].end >= self.statements[i].end - 1:
                lent[i] = below
                continue
            q = self.marks[stop - 1]
            following = self.statements[i + 1]
            runs_on = q.end > self.statements[i].end
            if runs_on or (not q.closed and self._goes_on(q, following)):
                lent[i] = lent[i + 1] if readings[lent[i + 1]] and following.voice == "quote" else i
        return lent

    def _is_bare(self, i: int) -> bool:
        """Is there no word in a statement, as in the ">" of an empty line of a block quote?"""
        return all(tag == "punct" for tag in self.words[i].tags)

    def _goes_on(self, q: Quotation, s: Statement) -> bool:
        """Does a statement open with the mark of an unclosed quotation, as each of its paragraphs does?"""
        return s.start in self.starts[slice(*self._overlapping(s))] and self.text[s.start] == self.text[q.start]

    def _source(self, owner: int, reading: Reading) -> Mention | None:
        """Whom the words of a reading name; a pronoun is looked up among those in focus."""
        words = self.words[owner]
        if reading.source is None:
            return None
        if reading.cue == ":" and self.cast.answerer and is_labelled(words, "answer"):
            return self.cast.answerer
        a, b = reading.source
        leading = main_clause(words)[0]
        if a == b and words.tags[a] in ("pron", "poss"):
            self._look_before(words, a)
        if leading and leading[1] < a and words.tags[leading[0]] != "pron":
            self.cast.see(self.cast.mention(words, self.text, leading))
        if a == b and words.tags[a] == "pron":
            return self.cast.resolve(words.lows[a])
        if a == b and words.tags[a] == "poss":
            return self.cast.resolve({"his": "he", "her": "she", "their": "they"}.get(words.lows[a], "it"))
        mention = self.cast.mention(words, self.text, reading.source)
        if mention is None:
            return None
        if mention.kind == "utterance":
            return self._utterer(words, reading.source) or self._last_to_speak()
        owned = not {"gen", "poss"}.isdisjoint(words.tags[a : b + 1])
        if mention.kind == "thing" and owned and mention.head in cue_nouns():
            return self._utterer(words, reading.source)  # "his view is simple"
        if mention.kind == "thing" and not (
            reading.firm and (reading.kind in _SAYING or self._tells_that(words, reading))
        ):
            return None
        return mention

    def _look_before(self, words: Words, pronoun: int) -> None:
        """Bring the people named in this sentence before a pronoun into focus."""
        for i, j in words.names[:6]:
            if (
                j < pronoun
                and not words.quoted[i]
                and words.words[j] in self.cast.full
                and words.words[j] in self.cast.people
            ):
                self.cast.see(self.cast.name(words, self.text, (i, j)))

    def _tells_that(self, words: Words, reading: Reading) -> bool:
        """Is what is attributed a clause with "that"? Only who can speak demands or denies one."""
        at = bisect_left(words.starts, reading.content[0])
        return words.lows[at - 1 : at] == ["that"]

    def _same_paragraph(self, i: int) -> bool:
        return "\n" not in self.text[self.statements[i - 1].end : self.statements[i].start]

    def _in_turn(self, i: int) -> bool:
        """Does a turn go on, in its paragraph or, where all is turns, up to the next label?"""
        return self._same_paragraph(i) or (self.long_turns and not opens_turn(self.words[i]))

    def _is_all_turns(self) -> bool:
        """Is the document a transcript from end to end: a label on a fair part of its paragraphs?"""
        begins = [words for i, words in enumerate(self.words) if words.size and (i == 0 or not self._same_paragraph(i))]
        return sum(map(opens_turn, begins)) >= max(_LABELS, len(begins) * _LABELLED)

    def _takes_turn(self, i: int, reading: Reading | None) -> bool:
        """Is this a sentence of a turn in a transcript, "HOST: Why? And when?"?"""
        if not self.transcript:
            return False
        if reading is None:
            return bool(i and self.turns[i - 1] and self._in_turn(i))
        return reading.cue == ":"

    def _is_author(self, owner: int, reading: Reading) -> bool:
        """Does the writer speak ("I think", "we examine")? Then nobody in the text does."""
        return reading.source is not None and self.words[owner].lows[reading.source[1]] in ("i", "we", "you")

    def _utterer(self, words: Words, source: Range) -> Mention | None:
        """Who made "the ministry's statement" or "a statement by the ministry"."""
        end = min(source[1] + 4, words.size)
        for k in range(source[0], end):
            if words.tags[k] == "punct":
                break
            if words.tags[k] == "gen" and source[0] < k <= source[1]:
                return self.cast.mention(words, self.text, (source[0], k - 1))
            if words.lows[k] in ("by", "from", "of"):
                maker = noun_phrase_after(words, k + 1) if k + 1 < words.size else None
                return self.cast.mention(words, self.text, maker) if maker else None
            if words.lows[k] in ("his", "her", "their", "its"):
                return self.cast.resolve({"his": "he", "her": "she", "their": "they"}.get(words.lows[k], "it"))
        return None

    def _last_to_speak(self) -> Mention | None:
        """Whose statement it is, where nothing but "the statement" is said."""
        return next((m for m in self.cast.focus if m.kind in ("person", "body")), None)

    def _carried(self, i: int) -> Mention | None:
        """The speaker of a quotation without cue of its own: who spoke or acted just before."""
        if i == 0:
            return None
        before = self.statements[i - 1]
        same_paragraph = self._same_paragraph(i)
        near = same_paragraph or before.voice == "quote" or before.text.endswith(":")
        if self.speakers[i - 1] is not None and near:
            return self.speakers[i - 1]
        if same_paragraph or before.text.endswith(":"):
            leading = main_clause(self.words[i - 1])[0]
            if leading:
                words = self.words[i - 1]
                if words.tags[leading[0]] == "pron":
                    return self.cast.resolve(words.lows[leading[0]])
                mention = self.cast.mention(words, self.text, leading)
                if mention and mention.kind in ("person", "name", "people", "body"):
                    return mention
        return None

    def _continues(self, i: int) -> bool:
        """Does a quotation go on from the sentence before, or after its cue: "..., she said. "..."?"""
        before = self.statements[i - 1]
        return before.voice == "quote" or before.text.endswith(":")

    def _look(self, i: int, speaker: Mention | None) -> None:
        """Bring a sentence's people into focus: those named, then its subject, then its speaker."""
        words = self.words[i]
        for span in words.names[:6]:
            last = words.words[span[1]]
            if (last in self.cast.full or last in self.cast.gender) and not words.quoted[span[0]]:
                self.cast.see(self.cast.name(words, self.text, span))
        leading = main_clause(words)[0]
        if leading:
            self.cast.see(self._subject(words, leading))
        self.cast.see(speaker, speaks=True)

    def _subject(self, words: Words, leading: Range) -> Mention | None:
        """Whom a subject names: of a thing with an owner ("the envoy's record was mixed"), the owner."""
        first = words.lows[leading[0]]
        if words.tags[leading[0]] == "pron":
            return self.cast.resolve(first)
        mention = self.cast.mention(words, self.text, leading)
        owned = next((k for k in range(leading[0] + 1, leading[1]) if words.tags[k] == "gen"), None)
        if owned and (mention is None or mention.kind == "thing"):
            return self.cast.mention(words, self.text, (leading[0], owned - 1)) or mention
        return mention

    def _judged_end(self, s: Statement, found: list[Reading]) -> int | None:
        """Where the cue after what is attributed ends, or a second piece of the quotation after the cue."""
        end = next((reading.end for reading in found if reading.end), None)
        if end is None:
            return None
        if s.voice == "quote" and end < s.content_end:
            end = min(s.end, self.ends[bisect_left(self.ends, s.content_end)])
        return end if any(map(str.isalnum, self.text[end : s.end])) else None

    def _told(self, s: Statement, words: Words, reading: Reading | None, mention: Mention | None) -> Statement:
        if mention is None:
            return s
        content = (s.content_start, s.content_end)
        if reading and s.voice != "quote":
            content = reading.content
        elif reading and reading.cue == ":":
            content = (max(content[0], reading.content[0]), content[1])
        own = reading.cue if reading else None
        judged_end = s.judged_end
        last = reading and reading.source and words.starts[reading.source[0]] < content[0]
        if last and s.voice != "quote" and self.text.startswith(",", content[1]):
            judged_end = content[1]  # what another says in a clause of its own comes after
        return Statement(
            s.document,
            s.index,
            s.text,
            s.start,
            s.end,
            *content,
            "quote" if s.voice == "quote" or self.turns[-1] or mention is self.author else "reported",
            mention.name,
            self.cast.longest(mention),
            target(words, self.text, content, mention, self.cast, own),
            self.cues[-1],
            judged_end,
        )
