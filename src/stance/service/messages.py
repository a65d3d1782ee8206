"""What goes over the wire. The fields of an answer's statements are those of the command line, field for field."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Base64Bytes, BaseModel, ConfigDict, Discriminator, Field, Tag

from stance.errors import InputError
from stance.report.summary import Summary as Summed
from stance.report.summary import period_of
from stance.service.problems import TooLarge
from stance.statement import Document

MOST_STATEMENTS = 5_000
"""Statements in one request."""

MOST_TAGS = 100_000
"""Tags in one HTML page: reading them takes longer than scoring the text between them."""

STDIN = "-"
"""The document's id when a request gives none: that of standard input on the command line."""


def _day(date: str) -> str:
    try:
        period_of(date, "day")
    except InputError as error:
        raise ValueError(f"{error.what}, {error.remedy}") from None
    return date


Text = Annotated[str, Field(min_length=1, pattern=r"\S", description="Plain text; anything but white space will do.")]
Day = Annotated[str, AfterValidator(_day), Field(json_schema_extra={"format": "date"}, examples=["2024-05-31"])]
Name = Annotated[str, Field(min_length=1, max_length=500)]
Note = Annotated[str, Field(max_length=2_000)]
"""Any length would do, but a limit makes pydantic refuse half surrogate pairs, which no answer can hold."""
Probability = Annotated[float, Field(ge=0, le=1)]


class _Message(BaseModel):
    """Nothing is guessed: unknown fields and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class _Options(_Message):
    attribute: ClassVar[bool] = True
    unit: Literal["sentence", "line"] = Field("sentence", description="What counts as a statement.")
    min_confidence: Probability = Field(0.0, description='Statements less sure than this get the stance "uncertain".')
    explain: bool = Field(False, description="Add to each statement what moved the model: bias, evidence and tests.")
    summary: Literal["document", "speaker", "pair", "date"] | None = Field(
        None, description="Add indices with intervals by document, speaker, pair of speaker and target, or date."
    )


class TextRequest(_Options):
    """One plain text."""

    text: Text

    def to_documents(self) -> list[Document]:
        """The one Document."""
        return [Document(self.text, STDIN)]


class HtmlRequest(_Options):
    """One HTML page, of which the main text is read; the answer's ``documents`` holds the text as read."""

    html: Text

    def to_documents(self) -> list[Document]:
        """The one Document; raises InputError for a page without text."""
        return [_page(self.html, STDIN, "html")]


class PdfRequest(_Options):
    """One PDF file; the answer's ``documents`` holds the text as read."""

    pdf: Annotated[Base64Bytes, Field(strict=False, min_length=1, description="The file, in base64.")]

    def to_documents(self) -> list[Document]:
        """The one Document; raises InputError for a file that is damaged, locked or without text."""
        from stance.text.extracting import extract_pdf

        return [extract_pdf(self.pdf, STDIN, "pdf")]


class StatementsRequest(_Message):
    """Statements as they are: none is cut, as rows of a table are not."""

    statements: Annotated[list[Text], Field(min_length=1, max_length=MOST_STATEMENTS)]
    unit: Literal["line"] = Field("line", description="Statements are not cut any further.")
    min_confidence: Probability = 0.0
    explain: bool = False
    summary: Literal["document", "speaker", "pair", "date"] | None = None
    attribute: bool = Field(True, description="Look for speaker, target and voice in each; false is far quicker.")

    def to_documents(self) -> list[Document]:
        """One Document a statement, as rows of a table are."""
        return [Document(text, f"{STDIN}:{i}", row=True) for i, text in enumerate(self.statements, start=1)]


def _one_of(*kinds: str) -> Discriminator:
    """Which of these fields an object has, if it has exactly one."""

    def kind(value: Any) -> str | None:
        given = [name for name in kinds if name in value] if isinstance(value, dict) else []
        return given[0] if len(given) == 1 else None

    wanted = f"give an object with one of {', '.join(kinds)}"
    return Discriminator(kind, custom_error_type="stance_input", custom_error_message=wanted)


class _About(_Message):
    id: Name | None = Field(None, description="The ``document`` of its statements; by default ``-:NUMBER``.")
    title: Note | None = None
    date: Day | None = None
    source: Note | None = None
    author: Note | None = None
    speaker: Note | None = None

    def _named(self, read: Document) -> Document:
        """What was read, with what is said of it here put first."""
        keys = ("title", "date", "source", "author", "speaker")
        return Document(read.text, read.id, **{key: getattr(self, key) or getattr(read, key) for key in keys})


class TextDocument(_About):
    """A text of a batch, and what is known of it."""

    text: Text

    def to_document(self, number: int) -> Document:
        """The Document."""
        return self._named(Document(self.text, self.id or f"{STDIN}:{number}"))


class PageDocument(_About):
    """An HTML page of a batch, and what is known of it beyond what it says itself."""

    html: Text

    def to_document(self, number: int) -> Document:
        """The Document; raises InputError for a page without text."""
        return self._named(_page(self.html, self.id or f"{STDIN}:{number}", f"documents.{number - 1}"))


_BatchDocument = Annotated[
    Annotated[TextDocument, Tag("text")] | Annotated[PageDocument, Tag("html")], _one_of("text", "html")
]


class DocumentsRequest(_Options):
    """Several documents, answered in their order."""

    documents: Annotated[list[_BatchDocument], Field(min_length=1, max_length=MOST_STATEMENTS)]

    def to_documents(self) -> list[Document]:
        """The Documents; raises InputError for one without text."""
        return [document.to_document(number) for number, document in enumerate(self.documents, start=1)]


def _page(html: str, name: str, place: str) -> Document:
    from stance.text.extracting import extract_html

    if html.count("<") > MOST_TAGS:
        raise TooLarge(f"more than {MOST_TAGS:,} tags", place=place, remedy="send its text")
    # The mark tells that these bytes are UTF-8, whatever the page says of itself.
    return extract_html(b"\xef\xbb\xbf" + html.encode(), name, place)


ScoreRequest = Annotated[
    Annotated[TextRequest, Tag("text")]
    | Annotated[HtmlRequest, Tag("html")]
    | Annotated[PdfRequest, Tag("pdf")]
    | Annotated[StatementsRequest, Tag("statements")]
    | Annotated[DocumentsRequest, Tag("documents")],
    _one_of("text", "html", "pdf", "statements", "documents"),
]


class Contribution(_Message):
    """What one word, pair or frame adds to the logit of each label, and its offsets in the document's text."""

    name: str = Field(description="The words, and what a frame reads in them.")
    kind: str = Field(description="word, pair, frame, or sentence.")
    feature: str = Field(description="The same as the model knows it.")
    start: int
    end: int
    weights: dict[str, float]


class Statement(_Message):
    """A scored statement, as ``stance score --format json`` writes it.

    ``bias``, ``evidence`` and ``tests`` are there only when explanations were asked for.
    """

    document: str
    index: int
    text: str
    start: int = Field(description="Offset of its first character in the document's text.")
    end: int
    speaker: str | None
    speaker_full: str | None
    target: str | None
    voice: Literal["quote", "reported", "narration"]
    content: Annotated[list[int], Field(min_length=2, max_length=2, description="Offsets of what is attributed.")]
    stance: str
    confidence: float
    probabilities: dict[str, float]
    tone: float | None = Field(description="From -3 (violent) to +3 (warm); null if the model has no tone.")
    bias: dict[str, float] | None = None
    evidence: list[Contribution] | None = None
    tests: list[str] | None = None


class Index(_Message):
    """Share of hawkish minus share of conciliatory statements, in [-1, 1], with its 95 % interval."""

    value: float
    low: float
    high: float
    n: int


class Summary(_Message):
    """One group of statements, as ``stance score --summary`` gives it."""

    name: str | None
    documents: int
    n: int
    copies: int
    uncertain: int
    tone: float | None
    counts: dict[str, int]
    shares: dict[str, float]
    index: Index | None
    index_confident: Index | None
    extremes: dict[str, Statement]

    @classmethod
    def of(cls, summed: Summed) -> Self:
        """The message of a summary."""
        return cls.model_validate(summed.to_dict())


class DocumentOut(_Message):
    """A document as read. ``text`` is given for pages and PDF files only: it is what their offsets count."""

    id: str
    title: str | None
    date: str | None
    source: str | None
    author: str | None
    speaker: str | None
    text: str | None


class ModelName(_Message):
    """Which model answered."""

    name: str
    version: str
    digest: str = Field(description="SHA-256 of the table.")
    labels: list[str]


class ModelCard(ModelName):
    """All that is known of the model."""

    reference: str = Field(description="What it was loaded from.")
    tone: bool = Field(description="Whether it judges tone.")
    metrics: dict[str, Any]
    card: str = Field(description="The model card, in Markdown.")


class ScoreAnswer(_Message):
    """Statements in the order of the documents; ``summary`` is there only when asked for."""

    model: ModelName
    documents: list[DocumentOut]
    statements: list[Statement]
    summary: list[Summary] | None = None


class Health(_Message):
    """Whether the service lives, or is ready."""

    status: Literal["ok"]


class Problem(_Message):
    """What went wrong, and what to do about it (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    request_id: str
