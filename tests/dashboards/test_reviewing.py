"""Deciding on suggested grades at the desk: what is asked for, what goes on record, what is shown of it (R38, R39)."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.translation import words_in
from store.client import Store

Opened = Callable[..., AppTest]
DATASET = "/srv/export/residents.csv"
FINDING = "residents.csv-mobile"


@pytest.fixture
def card(city_desk: Opened) -> Opened:
    """The page of data protection with one data set opened."""

    def opened(dataset: str, language: str = "zh", **query: str) -> AppTest:
        app = city_desk("data_protection", dataset=dataset, **query)
        app.session_state["language"] = language
        return app.run()

    return opened


def _texts(app: AppTest) -> str:
    return "\n".join(each.value for each in (*app.text, *app.caption, *app.subheader))


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_says_why_a_grade_is_suggested_and_what_to_look_at(card: Opened, language: str) -> None:
    app = card(DATASET, language=language)
    words = words_in("zh" if language == "zh" else "en")
    assert not app.exception
    told = _texts(app)
    assert words("ground.item", about="resident_id") in told
    assert words("ground.floor", about=words("floor.sensitive_personal")) in told
    assert words("question.large_scale", about="1200000") in told
    assert words("review_state.open") in told


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_card_says_what_the_last_scan_found_otherwise(card: Opened, language: str) -> None:
    words = words_in("zh" if language == "zh" else "en")
    told = _texts(card(DATASET, language=language))
    assert f"mobile · {words.label('entity', 'PHONE_NUMBER')}: {words('scan_change.unmasked')}" in told
    shares = {name: words.label("share", name) for name in ("mistake", "part")}
    assert words("scan_change.share", before=shares["mistake"], after=shares["part"]) in told
    assert words("scan_change.gone", before=words.label("grade", "general-2")) not in told


def test_a_decision_without_a_reason_is_asked_for(card: Opened) -> None:
    app = card(DATASET)
    _submit(app).click().run()
    assert [each.value for each in app.warning] == [words_in("zh")("review.missing")]


def test_a_correction_names_the_grade(card: Opened) -> None:
    app = _filled(card(DATASET), "corrected")
    _submit(app).click().run()
    assert [each.value for each in app.warning] == [words_in("zh")("review.missing_grade")]


def test_a_finding_is_decided_on_from_its_link(store: Store, card: Opened) -> None:
    app = card(DATASET, finding=FINDING)
    assert "138****0000" in _texts(app)
    app.text_input(key="review.finding.actor").set_value("Lin Example").run()
    app.radio(key=f"review.finding.{FINDING}.decision").set_value("rejected")
    app.text_area(key=f"review.finding.{FINDING}.reason").set_value("a hotline")
    _submit(app, 1).click().run()
    assert not app.exception
    asked = f"SELECT review_state, effective_grade FROM reviewed_findings WHERE finding_id = '{FINDING}'"
    assert [tuple(row.values()) for row in store.rows(asked)] == [("rejected", "")]


def test_a_decision_is_on_record_and_shown(store: Store, card: Opened) -> None:
    app = _filled(card(DATASET), "corrected")
    app.selectbox(key=f"review.dataset.{DATASET}.grade").set_value("core")
    _submit(app).click().run()
    assert not app.exception
    (row,) = store.rows(f"SELECT grade, review_state, decided_by FROM data_catalogue WHERE dataset = '{DATASET}'")
    assert tuple(row.values()) == ("core", "corrected", "Lin Example")
    assert words_in("zh")("review_state.corrected") in _texts(app)


def test_a_refused_decision_says_why(store: Store, card: Opened) -> None:
    app = _filled(card(DATASET), "appealed")
    _submit(app).click().run()
    app = _filled(app, "accepted")
    _submit(app).click().run()
    assert [each.value for each in app.error] == [words_in("zh")("refused.ReviewRefused")]
    assert store.value("SELECT count() FROM audit_events") == 1


def _submit(app: AppTest, number: int = 0):  # type: ignore[no-untyped-def]  # AppTest's own type is private
    return [each for each in app.button if each.label == words_in("zh")("review.submit")][number]


def _filled(app: AppTest, decision: str) -> AppTest:
    app.text_input(key="review.dataset.actor").set_value("Lin Example").run()
    app.radio(key=f"review.dataset.{DATASET}.decision").set_value(decision)
    app.text_area(key=f"review.dataset.{DATASET}.reason").set_value("seen")
    return app
