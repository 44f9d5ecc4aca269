"""How a user names a model of the store."""

from pathlib import Path

import pytest

from tests.harness.store.test_views import evaluated
from tpobench.harness.errors import StoreLacks, UserError
from tpobench.harness.records import Model
from tpobench.harness.store.models import NamedModel, in_one_mode, model_named, short_fingerprints
from tpobench.harness.store.store import Store

SERVED = "llama@http://127.0.0.1:8000/v1"

MODELS = {"first": "aaaa1111", "second": "aaaa2222", SERVED: "bbbb0000", "twin": "cccc1111"}


@pytest.fixture
def named(store: Store) -> Store:
    """Four models; `first` answered directly and thinking, the served one thinking, and `twin` not at all."""
    for name, fingerprint in MODELS.items():
        store.add_model(Model(name, f"folder of {name}", fingerprint), "given")
    evaluated(store, "direct", candidate="aaaa1111", baseline="aaaa2222")
    evaluated(store, "thinking", candidate="aaaa1111", candidate_mode="think:generic", baseline="aaaa2222")
    evaluated(store, "served", candidate="bbbb0000", candidate_mode="think:generic", baseline="aaaa2222")
    return store


def test_a_model_is_named_by_its_name(named: Store) -> None:
    assert model_named(named, "first") == NamedModel(fingerprint="aaaa1111", name="first", folder="folder of first")


@pytest.mark.parametrize("beginning", ["cccc", "cccc11", "cccc1111"])
def test_a_model_is_named_by_the_beginning_of_its_fingerprint(named: Store, beginning: str) -> None:
    assert model_named(named, beginning).name == "twin"


def test_three_characters_of_a_fingerprint_are_too_few(named: Store) -> None:
    with pytest.raises(StoreLacks, match=r"holds no model 'ccc'"):
        model_named(named, "ccc")


def test_a_name_counts_before_a_beginning(named: Store) -> None:
    named.add_model(Model("cccc", "", "dddd1111"), "given")
    assert model_named(named, "cccc").fingerprint == "dddd1111"


@pytest.mark.parametrize("text", ["first@think:generic", "aaaa1@think:generic"])
def test_a_mode_is_named_after_an_at(named: Store, text: str) -> None:
    model = model_named(named, text)
    assert (model.name, model.mode, model.label) == ("first", "think:generic", "first (think:generic)")


def test_an_endpoint_keeps_its_own_at(named: Store) -> None:
    assert model_named(named, SERVED) == NamedModel(fingerprint="bbbb0000", name=SERVED, folder=f"folder of {SERVED}")
    assert model_named(named, f"{SERVED}@think:generic").mode == "think:generic"


def test_an_endpoint_is_named_without_its_address(named: Store) -> None:
    assert model_named(named, "llama").name == SERVED
    assert model_named(named, "llama@think:generic").mode == "think:generic"


def test_an_endpoint_at_two_addresses_is_not_named_without_one(named: Store) -> None:
    named.add_model(Model("llama@https://elsewhere/v1", "", "dddd1111"), "given")
    with pytest.raises(UserError, match=r"'llama' names several models .*elsewhere.*127\.0\.0\.1"):
        model_named(named, "llama")


def test_a_model_is_named_by_its_folder(named: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named.add_model(Model("checkpoint-2", str(tmp_path / "checkpoint-2"), "dddd1111"), "given")
    monkeypatch.chdir(tmp_path)
    assert model_named(named, "./checkpoint-2/").fingerprint == "dddd1111"


def test_an_unknown_endpoint_is_not_the_model_before_its_at(named: Store) -> None:
    with pytest.raises(StoreLacks, match="holds no model 'first@http://elsewhere/v1'"):
        model_named(named, "first@http://elsewhere/v1")


def test_a_mode_apart_is_the_same_as_one_after_an_at(named: Store) -> None:
    assert model_named(named, "first", "think:generic") == model_named(named, "first@think:generic")


def test_two_modes_at_once_are_refused(named: Store) -> None:
    with pytest.raises(UserError, match="names the mode think:generic, and another option the mode direct"):
        model_named(named, "first@think:generic", "direct")


def test_a_mode_in_which_the_model_never_answered_is_refused(named: Store) -> None:
    with pytest.raises(UserError, match=r"no answers of second in the mode 'think:generic'; it answered in: direct"):
        model_named(named, "second@think:generic")


def test_a_near_miss_is_suggested(named: Store) -> None:
    with pytest.raises(StoreLacks, match=r"holds no model 'frist'; did you mean 'first'\?"):
        model_named(named, "frist")


def test_a_beginning_of_two_fingerprints_names_both_models(named: Store) -> None:
    with pytest.raises(UserError, match=r"'aaaa' .* second \(aaaa2222\) and first \(aaaa1111\); give more of it"):
        model_named(named, "aaaa")


def test_two_models_of_one_name_are_told_apart_by_their_fingerprints(named: Store) -> None:
    named.add_model(Model("twin", "elsewhere", "dddd1111"), "given")
    with pytest.raises(UserError, match="holds 2 models called twin: dddd1111 and cccc1111; name one of them by"):
        model_named(named, "twin")
    assert model_named(named, "dddd").folder == "elsewhere"


def test_the_author_of_several_imported_files_is_one_model(named: Store) -> None:
    for fingerprint in ("eeee1111", "eeee2222"):
        named.add_model(Model("author", "imported", fingerprint), "imported")
    evaluated(named, "e", candidate="eeee1111")
    assert set(model_named(named, "author@direct").fingerprints) == {"eeee1111", "eeee2222"}
    assert model_named(named, "eeee2").fingerprints == ("eeee2222",)
    named.add_model(Model("author", "weights", "ffff1111"), "given")
    with pytest.raises(UserError, match="holds 3 models called author"):
        model_named(named, "author")


def test_where_two_models_fit_the_one_in_question_counts(named: Store) -> None:
    named.add_model(Model("twin", "elsewhere", "dddd1111"), "given")
    assert model_named(named, "twin", among=["dddd1111", "aaaa1111"]).folder == "elsewhere"


def test_the_only_mode_is_the_one_that_is_meant(named: Store) -> None:
    assert in_one_mode(named, model_named(named, SERVED)).mode == "think:generic"


def test_a_baseline_may_have_answered_in_any_mode(named: Store) -> None:
    assert in_one_mode(named, model_named(named, "second")).mode == ""


def test_several_modes_have_to_be_told_apart(named: Store) -> None:
    with pytest.raises(UserError, match="several modes; say which: first@direct, first@think:generic"):
        in_one_mode(named, model_named(named, "first"))
    assert in_one_mode(named, model_named(named, "first@direct")).mode == "direct"


def test_short_fingerprints_differ() -> None:
    short = short_fingerprints(["0123456789a", "0123456789b", "fffffffffff"])
    assert list(short.values()) == ["0123456789a", "0123456789b", "fffffffffff"]
    assert list(short_fingerprints(["0123456789a"]).values()) == ["01234567"]
