"""The cards that the panel Train offers: what a model, a method and a preset say of themselves."""

from __future__ import annotations

from typing import Any

import pytest

from studio.ui.panels import train_cards as cards
from studio.ui.panels.train_asked import OTHER, RUN
from studio.ui.words import LANGUAGES, speaker
from tests.train_forms import FORECAST, HOSTILE, a_model, a_run

EN = speaker("en")
METHOD = {"name": "lora", "label": "LoRA", "summary": "Small adapters.", "share": 0.05, "obstacle": ""}


def test_a_model_s_card_tells_size_language_and_whether_it_is_here() -> None:
    menu = [a_model(), a_model(offline=False, size_mb=1130), a_model(obstacle="No.")]
    first, second, third = (text for text, _ in cards.model_cards(menu, [], False, EN))
    assert first.split("\n") == ["MiniLM L6", "22.7 M parameters · 92 MB", "English · on this machine"]
    assert second.split("\n")[1:] == ["22.7 M parameters · 1.1 GB", "English · needs the network once"]
    assert third.split("\n")[1:] == ["22.7 M parameters · 92 MB", "English · not possible here"]


def test_runs_and_other_models_are_offered_where_there_are_any() -> None:
    assert [value for _, value in cards.model_cards([a_model()], [a_run()], True, EN)] == ["minilm-l6", RUN, OTHER]
    assert [value for _, value in cards.model_cards([a_model()], [], True, EN)] == ["minilm-l6", OTHER]
    assert [value for _, value in cards.model_cards([a_model()], [a_run()], False, EN)] == ["minilm-l6", RUN]


def test_a_method_s_card_tells_share_and_cost() -> None:
    ((card, name),) = cards.method_cards([METHOD], {"lora": FORECAST}, EN)
    assert name == "lora"
    assert card.split("\n")[2:] == ["3 % of the weights", "about 4 min, 1.2 GB"]
    ((card, _),) = cards.method_cards([METHOD], {}, EN)
    assert card.split("\n")[2:] == ["about 5 % of the weights", "cost not measured yet"]
    ((card, _),) = cards.method_cards([METHOD | {"obstacle": "Not for this."}], {"lora": FORECAST}, EN)
    assert card.split("\n")[2:] == ["Not for this."]


def test_a_preset_whose_method_is_not_possible_says_so() -> None:
    presets: list[dict[str, Any]] = [{"name": "quick", "label": "Quick", "summary": "Fast.", "method": "head"}]
    presets.append({"name": "best", "label": "Best", "summary": "Slow.", "method": None})
    head = METHOD | {"name": "head", "obstacle": "Not for this."}
    quick, best = (card.split("\n") for card, _ in cards.preset_cards(presets, [METHOD, head], EN))
    assert (quick[2:], best[2:]) == (["Not for this."], [])
    quick, _ = (card.split("\n") for card, _ in cards.preset_cards(presets, [METHOD], EN))
    assert quick[2:] == []


@pytest.mark.parametrize(
    ("value", "words"),
    [(1.0, "100 %"), (0.5, "50 %"), (0.05, "5 %"), (0.011, "1.1 %"), (0.001, "under 1 %"), (0, "0 %")],
)
def test_shares_have_no_more_digits_than_matter(value: float, words: str) -> None:
    assert cards.share(value, EN) == words


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_name_of_a_run_cannot_turn_its_card_around(language: str) -> None:
    ((label, _),) = cards.run_choices([a_run(name=HOSTILE)], speaker(language))
    assert "\u202e" not in label
