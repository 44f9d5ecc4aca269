"""The numbers of a text, in any language and any digits."""

import pytest

from tpobench.harness.judges.check_numbers import has_number


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.5, "Es sind 1,5 Liter."),
        (1234.56, "1.234,56 €"),
        (1234.56, "1 234,56 €"),
        (1234.56, "1\u202f234,56 €"),
        (1234.5, "CHF 1'234.50"),
        (1234567, "1.234.567 Euro"),
        (1234567.5, "1,234,567.5"),
        (1234, "Das sind 1.234 Euro im Monat."),
        (1234, "Cela fait 1 234 euros par mois."),
        (1.5, "1,500 Gramm sind zu viel für das Rezept"),
        (0.5, "0,500"),
        (100000, "₹1,00,000"),
        (15, "答案是15个"),
        (15, "共１５個です"),
        (1.5, "１．５"),
        (1200, "１，２００円"),
        (25, "الجواب ٢٥"),
        (2.5, "٢٫٥"),
        (1234, "١٬٢٣٤"),
        (15, "۱۵ کتاب"),
        (12, "१२ किताबें"),
        (-3, "−3 °C"),
        (-3, "－３度"),
        (-3, "It fell to –3 degrees"),
        (15000, "1.5万円"),
        (120000000, "1億2000万人"),
        (3, "3千米"),
    ],
)
def test_a_number_is_read_as_its_language_writes_it(value: float, text: str) -> None:
    assert has_number(text, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "Es sind 1,5 Liter Milch im Haus."),
        (1, "Es sind 1,5 Liter."),
        (1, "1万円"),
        (3, "−3"),
        (-3, "pages 2–3"),
        (1234, "It costs 1.234 euros a litre today."),
        (1.5, "We paid 1,500 dollars for it."),
        (1200, "1.200x"),
        (1234, "We looked into rooms 1 234 times."),
        (1.234, "1.234.567 Euro"),
    ],
)
def test_what_it_does_not_mean_is_not_found(value: float, text: str) -> None:
    assert not has_number(text, value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (4, "the point (3,4)"),
        (5, "2,3,5,7"),
        (2020, "in 2019,2020"),
        (3, "The roots of the equation are 2,3."),
        (80443, "ports 22,80,443"),
        (255.255, "mask 255.255.255.224"),
        (1.234, "It costs 1.234 euros"),
    ],
)
def test_lists_of_numbers_in_english_stay_lists(value: float, text: str) -> None:
    assert has_number(text, value)
