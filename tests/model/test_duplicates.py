from stance.model.duplicates import clusters, near_duplicates

TALKS = "The two delegations will meet again in Muscat on 4 March to discuss the release of prisoners."


def pairs(*texts: str) -> list[tuple[int, int]]:
    return sorted(near_duplicates(texts))


def test_case_punctuation_and_numbers_make_no_difference() -> None:
    assert pairs(TALKS, TALKS.upper().replace("4", "17").rstrip(".")) == [(0, 1)]


def test_one_changed_word_makes_no_difference_even_in_a_short_text() -> None:
    assert pairs("US and Iran hold fresh talks in Muscat today", "US and Iran hold new talks in Muscat today") == [
        (0, 1)
    ]


def test_a_text_inside_a_longer_one_is_a_near_duplicate() -> None:
    assert pairs(TALKS, "Officials in both capitals confirmed late at night what had leaked before: " + TALKS)


def test_a_stock_phrase_alone_makes_no_near_duplicate() -> None:
    first = "Rebels in the north of the country handed over their heavy weapons to the observers."
    assert not pairs(first, "A school in the north of the country was closed for a week because of the heat.")


def test_chains_make_one_cluster() -> None:
    a = "one two three four five six seven eight nine ten"
    b = a.replace("one two", "eleven twelve")
    c = b.replace("nine ten", "thirteen fourteen")
    assert not pairs(a, c)
    assert clusters([a, "something else", b, c]) == [0, 1, 0, 0]


def test_many_texts_of_one_template_make_one_cluster() -> None:
    texts = [
        f"The Council held its {n}th meeting on the situation in the region behind closed doors" for n in range(500)
    ]
    assert set(clusters(texts)) == {0}


def test_texts_without_words_are_compared_as_they_are() -> None:
    assert clusters(["—", "…", "—", ""]) == [0, 1, 0, 3]
