"""Who speaks: each way in which news names a source, on invented articles, and what must never happen."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stance.statement import Document, Statement
from stance.text.attributing import attribute
from stance.text.names import actors
from stance.text.segmenting import segment
from stance.text.wordlists import cue_classes, cues, kinds
from stance.text.words import plain

PIECES = "The envoy said that he Ms. Orlova of Ostland told, . : ; “ ” \" ' ’ — ( ) and who which according to by"
MORE = "accused warned it they in May, statement claims reports a ministry's ― Roe: U.S. 3,000 ... was"
WORDS = st.sampled_from([*PIECES.split(), *MORE.split(), "\n\n"])
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=60).map(" ".join))


def told(text: str, **fields: str) -> list[Statement]:
    document = Document(text, id="d", **fields)
    return attribute(document, segment(document))


def seen(text: str) -> str:
    """What is left of a text without differences that nobody sees."""
    return unicodedata.normalize("NFD", " ".join(plain(text).split()))


def speakers(text: str) -> list[str | None]:
    return [s.speaker for s in told(text)]


def speaker(text: str) -> str | None:
    (only,) = told(text)
    return only.speaker


@given(TEXTS)
def test_any_text_keeps_its_statements_and_names_only_what_it_holds(text: str) -> None:
    document = Document(text, id="d")
    before = segment(document)
    after = attribute(document, before)
    assert [(s.start, s.end, s.text, s.index) for s in after] == [(s.start, s.end, s.text, s.index) for s in before]
    for s in after:
        assert s.start <= s.content_start <= s.content_end <= s.end
        assert (s.voice == "narration") == (s.speaker is None) or s.voice == "quote"
        if s.speaker is not None:
            assert seen(s.speaker) in seen(text)
            assert s.speaker_full
        else:
            assert (s.cue, s.target, s.speaker_full) == (None, None, None)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("“We will talk,” Orlova said.", "Orlova"),
        ("“We will talk,” said Orlova.", "Orlova"),
        ("“We will talk,” says Orlova, who leads the council.", "Orlova"),
        ("“We will talk,” Ms. Orlova, a former judge, said on Monday.", "Orlova"),
        ("“We will talk,” said Maria Orlova, the country’s envoy.", "Maria Orlova"),
        ("“We will talk,” the council’s spokesman, Peter Marten, wrote in an email.", "Peter Marten"),
        ("Orlova told the council: “We will talk.”", "Orlova"),
        ("In a speech on Monday, Orlova said, “We will talk.”", "Orlova"),
        ("“We,” said Orlova, “will talk.”", "Orlova"),
        ("“Will we talk?” Orlova asked.", "Orlova"),
        ("“We will talk,” according to Orlova.", "Orlova"),
        ("“We will talk,” the foreign ministry of Ostland said in a statement.", "the foreign ministry of Ostland"),
        ("“We will talk,” officials said.", "officials"),
        ("“We will talk,” Orlova laughed.", "Orlova"),
        ("„We will talk,“ said Orlova.", "Orlova"),
        ("'We will talk,' said Orlova.", "Orlova"),
        ("«We will talk», said Orlova.", "Orlova"),
        ("« We will talk, » said Orlova.", "Orlova"),
        ("“They call it “hell” here,” Orlova said.", "Orlova"),
        ("According to Orlova, “We will talk.”", "Orlova"),
        ("The film shows footage of Maria Orlova saying, “We will talk.”", "Maria Orlova"),
    ],
)
def test_the_source_of_a_quotation_stands_before_or_after_its_cue(text: str, name: str) -> None:
    (only,) = told(text)
    assert (only.speaker, only.voice) == (name, "quote")


@pytest.mark.parametrize(
    ("text", "name", "cue"),
    [
        ("Orlova said the talks had failed.", "Orlova", "say"),
        ("The talks had failed, Orlova said.", "Orlova", "say"),
        ("The talks, Orlova said, had failed.", "Orlova", "say"),
        ("The talks had failed, said two people briefed on the matter.", "two people", "say"),
        ("According to two diplomats, the talks have failed.", "two diplomats", "according to"),
        ("The talks have failed, according to the council.", "the council", "according to"),
        ("In a statement, the ministry said the talks had failed.", "the ministry", "say"),
        ("A statement from the ministry said the talks had failed.", "the ministry", "say"),
        ("The talks have failed, according to a statement by the ministry.", "the ministry", "according to"),
        ("Pyongyang has made clear that it has little interest in talks.", "Pyongyang", "make clear"),
        ("France and Germany have called for talks.", "France and Germany", "call for"),
        ("Orlova and her advisers believe the talks have failed.", "Orlova and her advisers", "believe"),
        ("A spokesman for the ministry, who asked not to be named, denied it.", "A spokesman for the ministry", "deny"),
        ("Orlova’s deputy, Peter Marten, told reporters that the talks had failed.", "Peter Marten", "tell"),
        ("Marten, the only senator to vote against the war, said it was lost.", "Marten", "say"),
        ("Her letter to the court noted that the talks had failed.", "Her letter", "note"),
        ("A report released last year found that the talks had failed.", "A report", "find"),
        ("Some of the premier’s closest advisers have urged talks.", "Some of the premier’s closest advisers", "urge"),
        ("The plan was rejected by the council.", "the council", "reject"),
        ("Marten’s claim that the talks had failed drew laughter.", "Marten", "claim"),
        ("The bloc issued a warning that talks might fail.", "The bloc", "warn"),
        ("Orlova left the hall, saying the talks had failed.", "Orlova", "say"),
        ("Speaking in Northport, Orlova accused Ostland of cheating.", "Orlova", "accuse"),
        ("Ostland offered on Tuesday to begin talks.", "Ostland", "offer"),
        ("The ministers are ready to talk.", "The ministers", "ready"),
        ("Orlova did not say when talks would begin.", "Orlova", "say"),
        ("As Orlova put it, the talks are dead.", "Orlova", "put it"),
    ],
)
def test_the_source_of_indirect_speech(text: str, name: str, cue: str) -> None:
    (only,) = told(text)
    assert (only.speaker, only.cue, only.voice) == (name, cue, "reported")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Newly appointed premier Maria Orlova has refused to yield.", "Maria Orlova"),
        ("Orlova's frustration with the talks is no secret.", "Orlova"),
        ("Ostland's military top brass has demanded that the premier resign.", "Ostland's military top brass"),
        ("Ostland intimated to Northport's envoys that it might leave the pact.", "Ostland"),
        ("Marten ventilated that his client was ready.", "Marten"),
        ("The Ostland Supreme Court in May rejected the appeal.", "The Ostland Supreme Court"),
        ("The ministry in a statement said the talks were over.", "The ministry"),
        ("Late on Tuesday Ostland's foreign ministry said it was ready to talk.", "Ostland's foreign ministry"),
        ("Earlier this month the navy warned that it would shoot.", "the navy"),
        ("Hours earlier Marten blamed the bloc for the attack.", "Marten"),
        ("On July 6, 2015, Orlova made the following comment on the talks:", "Orlova"),
        ("The foreign minister of Ostland, Maria Orlova, offered on Tuesday to open talks.", "Maria Orlova"),
        ("The raid was over, Paul Marten, head of the war monitor told the agency.", "Paul Marten"),
        ("Two fishermen were killed, state media said on Wednesday, with two more reported missing.", "state media"),
        ("Northport (AP): Three ships sank on Monday, the navy said.", "the navy"),
        ("Marten died in an attack that Mayor Maria Orlova described as murder.", "Maria Orlova"),
        ("The ships, which Marten claims were safe, sank.", "Marten"),
        ("Moreover, many colleges (private ones, in particular) offer help to students.", "many colleges"),
        ("According to a new report by the institute, the fleet is weak.", "a new report"),
        ("By Orlova's own admission, the talks have failed.", "Orlova"),
        ("In the eyes of the opposition, the deal is dead.", "the opposition"),
        ("To his critics, the premier is a fool.", "his critics"),
        ("By one estimate, 300 ships are ready.", "one estimate"),
        ("Marten's bet is that the fleet will leave.", "Marten"),
        ("Marten's message is clear: The pact is dead.", "Marten"),
        ("Democrats persisted in arguments that the panel had erred.", "Democrats"),
        ("The plan drew sharp criticism from the dockers.", "the dockers"),
        ("Marten has been a steady and outspoken supporter of the pact.", "Marten"),
        ("Marten is in favour of the pact.", "Marten"),
        ("The raids prompted the alliance to order more patrols.", "the alliance"),
        ("Officials remain confident the deal will hold.", "Officials"),
        ("Orlova is worried about the pact.", "Orlova"),
        ("Some argue that the pact is dead.", "Some"),
        ("Leaders such as Marten called for talks.", "Leaders"),
        ("Asked whether the talks would go on, Orlova demurred.", "Orlova"),
        ("Tensions could rise, analysts fear.", "analysts"),
        ("Ships cost 20 million, watchdog report says", "watchdog report"),
        ("The pact is dead, as first reported by the Tribune.", "the Tribune"),
        ("If time permits, the campaign would like to hold a rally.", "the campaign"),
        ("The group includes members of the council, which has denied the claim.", "the council"),
        ("As stated in the council's report, the ships had left.", "the council's report"),
        ("The bloc's two envoys, who arrived late, said the talks would go on.", "The bloc's two envoys"),
        ("Polling averages show the premier in the lead, with the Tribune showing her ahead.", "Polling averages"),
        ("Residents reached by telephone described hours of gunfire.", "Residents"),
        ("Ostland has so far refused to pull back.", "Ostland"),
        ("That view is shared by Ann Poe, who says the pact is dead.", "Ann Poe"),
        ("The agency forecast that prices would fall.", "The agency"),
        ("There is, experts caution, no sign of a truce.", "experts"),
        ("Marten discussed the border in a phone call, the presidency said without giving details.", "the presidency"),
        ("Jane Roe sued the man who left for Ostland, arguing he had lied.", "Jane Roe"),
        ("Ostland Minister of Foreign Affairs Gedo Andar said it was over.", "Gedo Andar"),
        ("The talks will go on, said the envoy of Marran, whose army had left.", "the envoy of Marran"),
        ("Marten recalled that the pact was dead.", "Marten"),
        ("Marten recalled the envoy leaving the hall.", "Marten"),
        ("“They left,” Marten recalled.", "Marten"),
        ("Ostland recalled its envoy to Velland on Monday, saying talks were over.", "Ostland"),
        ("Asked whether the talks would go on, Krenn replied that they would.", "Krenn"),
        ("“They will pay,” the commander said by telephone.", "the commander"),
        ("“I have not read it,” the secretary said as he praised the accord.", "the secretary"),
    ],
)
def test_further_ways_of_reports_to_name_their_source(text: str, name: str) -> None:
    assert speaker(text) == name


@pytest.mark.parametrize(
    "text",
    [
        "Soldiers crossed the river at dawn.",
        "Relevant documents were provided to the members.",
        "It was not immediately clear whether the talks would go on.",
        "It is unclear if Orlova will attend.",
        "There is a feeling that the talks are over.",
        "I think that the talks are over.",
        "The U.S. appeals court is in the city.",
        "A man suspected of theft was released.",
        "Photograph: Northport Agency",
        "By Jane Roe",
        "He said the talks were over.",
        "A demand was made that Ostland sign the pact.",
        "Marten is said to favour a truce.",
        "The ministry did not immediately respond to requests.",
        "Orlova made the comments on Friday.",
        "Health worries have dogged Orlova since May.",
        "A 5-4 ruling would leave the law in place.",
        "Voters have every right to know the truth.",
        "Nonetheless, he told the envoys that Ostland would not yield.",
        "Marten, whose office said he was ill, stayed away.",
        "(Reporting by Jane Roe; Additional reporting by Ann Poe.)",
        "A court freed a consulate employee accused of spying.",
        "The premier launched a programme called New Dawn.",
        "Paris: The ships left on Monday.",
        "Ostland recalled its ambassador.",
        "The envoy was recalled by the ministry.",
        "Asked whether the talks would go on, Krenn laughed.",
        "When asked about the plan, Krenn left the room.",
        "Both were guilty of violating the Ceasefire Agreement in the north.",
    ],
)
def test_no_speaker_is_better_than_a_wrong_one(text: str) -> None:
    assert speaker(text) is None


def test_titles_are_no_part_of_a_name() -> None:
    text = "Gen. Peter Marten said so. Prime Minister Jane Roe said so. US secretary of state Ann Orlova said so."
    assert speakers(text) == ["Peter Marten", "Jane Roe", "Ann Orlova"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("As my Prime Minister said, we want peace.", "my Prime Minister"),
        ("“We wait,” said our Foreign Minister.", "our Foreign Minister"),
        ("Ostland's Ambassador to Velland said we wait.", "Ostland's Ambassador to Velland"),
        ("Ostland Vice President said we wait.", "Ostland Vice President"),
        ("Ms. Minister said we wait.", "Minister"),
        ("Mike Bishop said we wait.", "Mike Bishop"),
        ("The Prime Minister, Ann Poe, said we wait.", "Ann Poe"),
        ("Ostland's Minister for Foreign Affairs, Ann Poe, said we wait.", "Ann Poe"),
    ],
)
def test_an_office_in_capitals_is_no_name(text: str, name: str) -> None:
    assert speaker(text) == name


def test_the_longest_form_of_a_name_is_found_wherever_it_stands() -> None:
    text = "Orlova said talks would go on. “We must,” she said. Maria Orlova leads the council."
    assert [s.speaker_full for s in told(text)][:2] == ["Maria Orlova", "Maria Orlova"]


def test_a_capital_speaks_for_its_country() -> None:
    (only,) = told("Pyongyang has warned that it will not wait.")
    assert (only.speaker, only.speaker_full) == ("Pyongyang", "North Korea")


def test_the_speaker_is_carried_over_consecutive_quotations() -> None:
    text = (
        "“We can talk about the weather. We can talk about the table,” Orlova said. “They know it. They agree.”\n\n"
        "“We shall see,” she said."
    )
    assert speakers(text) == ["Orlova"] * 5


def test_a_quotation_over_several_paragraphs_has_one_speaker() -> None:
    text = "“We came to talk,” said Orlova. “We were not heard.\n\n“We leave tomorrow. We may return.”\n\nTalks ended."
    assert speakers(text) == ["Orlova", "Orlova", "Orlova", "Orlova", None]


def test_straight_marks_open_each_paragraph_of_a_quotation() -> None:
    text = 'Orlova said: "We came to talk.\n\n"We were not heard.\n\n"That is all."\n\nTalks ended.'
    assert speakers(text) == ["Orlova", "Orlova", "Orlova", None]


def test_a_colon_hands_over_to_the_next_paragraph() -> None:
    assert speakers("Orlova had this to say:\n\n“We leave tomorrow.”")[1] == "Orlova"


def test_a_signature_under_a_quotation_names_its_speaker() -> None:
    text = "“We want peace. We want it now.” ― Jane Roe\n\n“War is near.”\n— Peter Marten, Northport"
    assert speakers(text) == ["Jane Roe", "Jane Roe", None, "Peter Marten", None]


@pytest.mark.parametrize(
    ("signature", "name"),
    [
        ("— Maria Orlova", "Maria Orlova"),
        ("– Maria Orlova, envoy of Ostland", "Maria Orlova"),
        ("-- Ostland’s Foreign Minister Maria Orlova", "Maria Orlova"),
        ("— Maria Orlova in a letter to the council on Monday", "Maria Orlova"),
        ("― the envoy of Ostland", "the envoy of Ostland"),
        ("— **Maria Orlova**", "Maria Orlova"),
        ("\n> — Maria Orlova", "Maria Orlova"),
        ("\n>\n> — Maria Orlova", "Maria Orlova"),
    ],
)
@pytest.mark.parametrize("quotation", ["“We will not wait,”", "“We will not wait!”", "“We came. We will not wait.”"])
def test_a_quotation_and_its_signature_on_or_under_its_line(quotation: str, signature: str, name: str) -> None:
    found = told(f"Peter Marten said talks would go on.\n\n“We agree,” he said.\n\n> {quotation} {signature}")
    assert {s.speaker for s in found[2:] if s.voice == "quote"} == {name}


def test_a_quotation_without_a_stop_may_be_signed() -> None:
    assert speaker("> “We will not wait” — Maria Orlova") == "Maria Orlova"
    assert speaker("> *“We will not wait”* — **Maria Orlova**") == "Maria Orlova"


def test_a_dash_and_a_clause_are_no_signature() -> None:
    assert speakers("“We will not wait.” — Orlova left the hall.") == [None, None]
    assert told("“The Ship” — Ostland’s film")[0].voice == "narration"


def test_pronouns_take_the_last_fitting_mention() -> None:
    text = "Maria Orlova met Peter Marten. He said the talks went well. She said they had failed."
    assert speakers(text) == [None, "Peter Marten", "Maria Orlova"]


def test_a_pronoun_does_not_stand_for_who_is_only_spoken_of() -> None:
    text = "Peter Marten said Paul Roe had lied. “He knew,” he said."
    assert speakers(text) == ["Peter Marten", "Peter Marten"]


def test_a_role_that_spoke_last_is_who_he_is_unless_it_asked() -> None:
    told_of = "Peter Marten left. A lawyer said it was over. He said all was well."
    assert speakers(told_of) == [None, "A lawyer", "A lawyer"]
    asked = "Peter Marten left. A questioner said it was over. “You are right,” he said."
    assert speakers(asked) == [None, "A questioner", "Peter Marten"]


def test_the_owner_of_a_subject_and_people_with_titles_come_into_focus() -> None:
    text = "Mr. Marten met Paul Roe. Mr. Marten's record was mixed. He said it was good."
    assert speakers(text)[2] == "Marten"
    text = "Paul Roe said she would come. But Ms. Poe faces the strife Mr. Marten had. He said so."
    assert speakers(text)[2] == "Marten"


def test_who_wrote_an_article_and_where_is_no_they() -> None:
    text = "By Jane Roe in Halm\n\nHALM (Northwire) — The ships left.\n\nThey said nothing in port."
    assert speakers(text)[-1] is None


def test_an_odd_mark_opens_no_quotation_and_takes_no_signature() -> None:
    text = '"The ships have left, the envoy said. It rained.\n\n“Peace is our aim.”\n- Ann Poe'
    assert speakers(text) == ["the envoy", None, "Ann Poe", None]


def test_they_and_it_agree_in_number() -> None:
    text = "The ministers met the premier. They said talks would go on. The council met. It said nothing would change."
    assert speakers(text)[1::2] == ["The ministers", "The council"]


def test_a_role_is_linked_to_the_person_who_has_it() -> None:
    text = "The envoy, Maria Orlova, arrived. The envoy said talks would go on."
    assert [(s.speaker, s.speaker_full) for s in told(text)][1] == ("The envoy", "Maria Orlova")


def test_a_role_that_several_hold_names_none_of_them() -> None:
    text = "The defence minister, Paul Marten, met the deputy prime minister, Ann Poe. The minister said it went well."
    assert [(s.speaker, s.speaker_full) for s in told(text)][1] == ("The minister", "The minister")
    again = text.replace("The minister", "The defence minister")
    assert told(again)[1].speaker_full == "Paul Marten"


def test_a_pronoun_stands_for_no_place_and_no_first_word() -> None:
    text = (
        "Paul Marten rejected the threat. Ostland would not yield to Ostlanders, he said. Crops would wither, he said."
    )
    assert speakers(text) == ["Paul Marten"] * 3
    assert speakers("The Ostlandian envoy left Ostland. Ostland would not yield, he said.")[1] != "Ostland"


def test_every_sentence_of_a_quotation_has_its_cue() -> None:
    text = "“We met. We agree,” Orlova warned. “They left. All is well.”\n\nMarten asked: “Why? Who knows?”"
    assert [s.cue for s in told(text)] == ["warn"] * 4 + ["ask"] * 2


def test_names_are_whole_whatever_hides_in_them() -> None:
    text = (
        "The en\u00advoy said it was over. “We’re do\u00adne,” Jane Ro\u0308e told the coun\u200bcil of Ost\u00adland."
    )
    assert [(s.speaker, s.cue) for s in told(text)] == [("The envoy", "say"), ("Jane Röe", "tell")]
    wrapped = (
        "In a speech on Monday the premier of North\nOstland said that the ships of the fleet would\nleave at once."
    )
    assert speakers(wrapped) == ["the premier of North Ostland"]


def test_nested_reports_belong_to_the_outer_speaker() -> None:
    assert speaker("Orlova said Marten had threatened to leave.") == "Orlova"
    assert speaker("Marten had threatened to leave, Orlova said.") == "Orlova"
    assert speakers("“Marten told me, ‘We leave.’ So we stayed,” Orlova said.") == ["Orlova", "Orlova"]


def test_headlines_name_their_source() -> None:
    text = (
        "Orlova: We will talk\n\nMarten: we never will\n\nTalks in June, says Orlova\n\nEnvoy Says Ostland Lied\n\n"
        "Maria Orlova said talks would begin."
    )
    assert speakers(text) == ["Orlova", "Marten", "Orlova", "Envoy", "Maria Orlova"]


def test_turns_of_a_transcript_belong_to_their_label() -> None:
    text = "HOST: Will you talk? The people want it.\n\nORLOVA: We will. I think that they know.\n\nHOST: When?"
    found = told(text)
    assert [s.speaker for s in found] == ["HOST", "HOST", "ORLOVA", "ORLOVA", "HOST"]
    assert {s.voice for s in found} == {"quote"}
    assert text[found[0].content_start : found[0].content_end] == "Will you talk?"


def test_a_turn_of_a_briefing_runs_to_the_next_label() -> None:
    text = (
        "Transcript of the briefing\n\nThe spokesperson: Good morning. We have news.\n\nFirst, the talks go on.\n\n"
        "Question: When?\n\nThe spokesperson: Soon.\n\nQuestion: Where?\n\nThe spokesperson: Here.\n\nThank you."
    )
    by = "The spokesperson"
    assert speakers(text) == [None, by, by, by, None, by, None, by, by]
    assert speakers("Marten said: We will.\n\nThe spokesperson: We go.\n\nThe ships left.")[-1] is None


def test_turns_of_a_council_name_their_country_in_brackets() -> None:
    text = (
        "Ms. Roe (Ostland): My delegation welcomes the draft.\n\nWe thank the Council.\n\n"
        "Mr. Marten (Velland) (spoke in French): We regret the vote.\n\nThe President: I thank the speaker.\n\n"
        "Mr. Poe (Northland): We will not wait."
    )
    assert speakers(text) == ["Roe", "Roe", "Marten", "The President", "Poe"]


def test_the_label_of_a_turn_may_have_an_office_and_brackets() -> None:
    text = (
        "HOST: Welcome.\n\nAMB. ORLOVA (via interpreter): We came. We wait.\n\nHOST: Why?\n\n"
        "Amb. Orlova (through an interpreter): We hope.\n\nROE: [Laughs.] We will not. Never.\n\nHOST: (Smiling.) Why?"
    )
    by = ["HOST", "ORLOVA", "ORLOVA", "HOST", "Orlova", "ROE", "ROE", "HOST"]
    found = told(text)
    assert [s.speaker for s in found] == by
    assert text[found[5].content_start : found[5].content_end] == "We will not."
    assert speakers("Northport (AP): Ships sank.\n\nROE: Why?\n\nPOE: Wait.") == [None, "ROE", "POE"]


def test_stage_directions_are_nobodys_and_end_no_turn() -> None:
    text = (
        "ROE: We go. (Applause.)\n\n(Crosstalk.)\n\nPOE: Why?\n\n[Laughter] [Applause]\n\nIt is late.\n\n"
        "ROE: Yes.\n\nPOE: No."
    )
    assert speakers(text) == ["ROE", None, None, "POE", None, "POE", "ROE", "POE"]


@pytest.mark.parametrize(("q", "a"), [("Q:", "A:"), ("Q.", "A."), ("Question:", "Answer:"), ("QUESTION:", "ANSWER:")])
def test_questions_are_nobodys_and_answers_those_of_the_only_person_named_before(q: str, a: str) -> None:
    turns = f"{q} Will you go? We heard so.\n\n{a} We will. We have to.\n\n{q} When?\n\n{a} Soon."
    answers = [None, None, "Jane Roe", "Jane Roe", None, "Jane Roe"]
    assert speakers(f"Jane Roe, envoy of Ostland, spoke to us.\n\n{turns}") == [None, *answers]
    label = a.rstrip(".:")
    several = f"Jane Roe, envoy of Ostland, met Ann Poe.\n\n{turns}"
    assert speakers(several) == [None, *(name and label for name in answers)]


def test_a_letter_without_questions_labels_no_answer() -> None:
    assert speakers("A. Roe said: “We go.”") == ["A. Roe"]
    assert speakers("A: the river\n\nB: the sea") == [None, None]


def test_a_photo_credit_is_no_source() -> None:
    assert speakers("The envoy smiles. Photograph: Northport Agency") == [None, None]


def test_the_content_is_what_is_attributed() -> None:
    text = (
        "“Let’s just meet,” Orlova said in a speech, presenting an overture amid harsh threats. "
        "Marten said that the talks were dead. The talks are dead, Marten said."
    )
    contents = [text[s.content_start : s.content_end] for s in told(text)]
    assert contents == ["Let’s just meet", "the talks were dead.", "The talks are dead"]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("The minister said on Friday that the ban would stay.", "the ban would stay."),
        ("Orlova told reporters in Northport on Monday that he would go.", "he would go."),
        ("Orlova told him that the talks were over.", "the talks were over."),
        ("Orlova announced at a meeting in May, that ships would leave.", "ships would leave."),
        ("Orlova said again that the talks were dead.", "the talks were dead."),
        ("Orlova rejected the claim that Ostland had lied.", "the claim that Ostland had lied."),
        ("Orlova warned the troops that fired.", "the troops that fired."),
        ("Orlova said those that fled would return.", "those that fled would return."),
    ],
)
def test_the_content_begins_behind_when_where_and_to_whom(text: str, content: str) -> None:
    (s,) = told(text)
    assert s.speaker
    assert text[s.content_start : s.content_end] == content


@pytest.mark.parametrize(
    "source",
    ["two diplomats", "two diplomats, who were in Halm", "Jane Roe, the envoy of Ostland", "aides who were in Halm"],
)
def test_what_is_attributed_begins_after_all_that_is_said_of_its_source(source: str) -> None:
    text = f"According to {source}, the talks are dead."
    (only,) = told(text)
    assert text[only.content_start : only.content_end] == "the talks are dead."


@pytest.mark.parametrize(
    ("text", "content", "target"),
    [
        ("Orlova said the talks had failed, while Iran blamed Iraq.", "the talks had failed", None),
        ("Orlova said talks would go on, but Iran warned that it would leave.", "talks would go on", None),
        ("Orlova accused Iraq of delay, and the council said it would wait.", "Iraq of delay", "Iraq"),
        ("Orlova said talks would go on, but Iran must wait.", "talks would go on, but Iran must wait.", "Iran"),
        ("Orlova said she was ready, but Iran had said no.", "she was ready, but Iran had said no.", "Iran"),
        ("Orlova denied the claim, but she said Iran was late.", "the claim, but she said Iran was late.", "Iran"),
        (
            "Orlova said the bloc would wait, but said Iran was late.",
            "the bloc would wait, but said Iran was late.",
            "Iran",
        ),
    ],
)
def test_what_another_says_in_a_clause_of_its_own_is_not_attributed(
    text: str, content: str, target: str | None
) -> None:
    (only,) = told(text)
    assert (only.speaker, text[only.content_start : only.content_end], only.target) == ("Orlova", content, target)


def test_what_another_says_after_it_is_not_judged_as_the_speakers() -> None:
    hers, whole = "Orlova has offered talks", "Orlova has offered talks, but Iran called them a waste of time."
    (only,) = told(whole)
    assert (only.speaker, only.judged) == ("Orlova", hers)
    (alone,) = told(hers + ".")
    assert alone.judged == hers + "."
    (after,) = told("The talks are dead, Orlova said.")
    assert after.judged == "The talks are dead, Orlova said."


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("The Ostland envoy said talks with North Korea would begin.", "North Korea"),
        ("Russia accused the United States of lying to Chinese officials.", "United States"),
        ("Iran’s foreign minister said Iran would never bow to Washington.", "United States"),
        ("“We will not wait for NATO,” said Marten.", "NATO"),
        ("Marten warned the Houthis against an attack.", "Houthis"),
        ("Marten accused Maria Orlova of lying.", "Maria Orlova"),
        ("Marten said the talks were dead.", None),
    ],
)
def test_the_target_is_the_actor_addressed_or_spoken_of(text: str, target: str | None) -> None:
    (only,) = told(text)
    assert only.target == target


def test_a_document_with_a_speaker_is_that_speakers_word() -> None:
    found = told("We will not yield. “We leave,” said Marten.", speaker="Maria Orlova")
    assert [(s.speaker, s.voice) for s in found] == [("Maria Orlova", "quote"), ("Marten", "quote")]


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Statement by H.E. Ms. Maria Orlova, Permanent Representative of Ostland", "Maria Orlova"),
        ("STATEMENT BY H.E. MR. PAUL MARTEN, MINISTER OF OSTLAND", "PAUL MARTEN"),
        ("REMARKS BY AMBASSADOR JANE ROE AT THE COUNCIL", "JANE ROE"),
        ("Explanation of Vote by the Permanent Representative of Ostland", "the Permanent Representative of Ostland"),
        ("Remarks at a Briefing by Ambassador Jane Roe (As Delivered)", "Jane Roe"),
    ],
)
def test_the_title_of_a_speech_names_who_speaks(title: str, name: str) -> None:
    speech = "New York, 5 May 2021\n\nMr. President, I thank you. The war must end.\n\nWe call for talks."
    assert speakers(f"{title}\n\n{speech}") == [None, None, name, name, name]
    found = told(speech, title=title)
    assert [(s.speaker, s.voice) for s in found] == [(None, "narration"), *[(name, "quote")] * 3]


@pytest.mark.parametrize(
    "text",
    [
        "Remarks by Jane Roe draw ire\n\nIt rained in Halm.",
        "Statement by Jane Roe on the war\n\nThe war must end. It was Roe who left.",
        "The war\n\nA statement by Jane Roe on the war hung there.\n\nIt rained.",
        "By Jane Roe\n\nIt rained.",
    ],
)
def test_a_report_on_a_speech_is_not_the_speech(text: str) -> None:
    assert speakers(text)[-1] is None


def test_who_gives_a_speech_is_not_its_target() -> None:
    title = "Statement by Ms. Maria Orlova, Permanent Representative of France"
    assert told(f"{title}\n\nThe wish of France is that Iran waits.")[-1].target == "Iran"


def test_lines_as_units_are_attributed_too() -> None:
    document = Document("“We leave. Now,” said Marten.\nTalks ended.", id="d")
    assert [s.speaker for s in attribute(document, segment(document, unit="line"))] == ["Marten", None]


def test_lexicon_has_no_doubtful_rows() -> None:
    assert set(cue_classes().values()) <= {
        "say", "ask", "claim", "accuse", "demand", "threaten", "offer", "deny", "agree", "concede", "act", "think",
        "plan", "feel", "show",
    }  # fmt: skip
    assert all(form == form.lower() and form.strip() for form in cues())
    assert actors()["Pyongyang"] == ("North Korea", "country")
    assert not kinds("names")["male"] & kinds("names")["female"]


def test_work_grows_with_the_text_and_no_faster(fastest) -> None:
    article = (
        "Orlova said talks would begin. “We can talk. We will,” she said, accusing Ostland of delay. "
        "The council, which met on Monday, warned that it would not wait, according to two diplomats.\n\n"
    )

    def seconds(copies: int) -> float:
        document = Document(article * copies, id="d")
        return fastest(lambda: attribute(document, segment(document)))

    assert seconds(1600) < 3 * 8 * max(seconds(200), 0.01)


@pytest.mark.parametrize(
    "piece",
    [
        "said ",
        "“",
        "'",
        ", who said ",
        "(",
        "Roe, ",
        "he said the ",
        "a",
        "and ",
        "a.B",
        "“‘\"'",
        "x's ",
        "view ",
        "in his view ",
        "such as Roe ",
    ],
)
def test_monotonous_text_is_no_trap(piece: str, fastest) -> None:
    assert fastest(lambda: told(piece * (120_000 // len(piece)))) < 10
