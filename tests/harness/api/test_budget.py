"""The price file of the user's."""

from pathlib import Path

import pytest

from tpobench.harness.api.budget import load_prices
from tpobench.harness.errors import UserError


def test_a_model_that_is_listed_twice_is_refused(tmp_path: Path) -> None:
    """The second price would silently count."""
    file = tmp_path / "prices.yaml"
    file.write_text("m: {input: 1, output: 2}\nm: {input: 100, output: 200}\n")
    with pytest.raises(UserError, match="the key 'm' occurs twice"):
        load_prices(file)


def test_a_price_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no file"):
        load_prices(tmp_path / "prices.yaml")
