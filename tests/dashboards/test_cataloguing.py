"""Editing the catalogue at the desk: what is saved, what is refused, what is shown of it (R36, R39, R42)."""

from collections.abc import Callable
from datetime import date

import pytest
from streamlit.testing.v1 import AppTest

from dashboards.translation import words_in
from dlp.grading_policy import default_grading
from dlp.registrations import Registration, Sharing, registration
from pipelines.catalogue import registered_datasets, write_entries
from pipelines.catalogue_editing import edit_entry, seen_entry
from response.audit import verify_chain
from response.errors import CatalogueRefused, StepRefused
from store.client import Store

Opened = Callable[..., AppTest]
ZH = words_in("zh")
DATASET = "/srv/export/residents.csv"
FIELDS = {"organisation": "Civil affairs", "owner": "Data section", "cdo": "Chief data officer", "purpose": "licences"}


def entry(**changed: object) -> Registration:
    return registration({"dataset": DATASET, **FIELDS, **changed}, default_grading())


def _opened(city_desk: Opened, language: str = "zh") -> AppTest:
    app = city_desk("data_protection", dataset=DATASET)
    app.session_state["language"] = language
    return app.run()


def _saved(app: AppTest, actor: str = "Lin Example", reason: str = "moved", **changed: str) -> AppTest:
    key = f"catalogue.{DATASET}"
    app.text_input(key="catalogue.actor").set_value(actor).run()
    sharing, destroyed_on = changed.pop("sharing", None), changed.pop("destroyed_on", None)
    for name, text in changed.items():
        app.text_input(key=f"{key}.0.{name}").set_value(text)
    if sharing is not None:
        app.text_area(key=f"{key}.0.sharing").set_value(sharing)
    if destroyed_on is not None:
        app.date_input(key=f"{key}.0.destroyed_on").set_value(date.fromisoformat(destroyed_on))
    app.text_area(key=f"{key}.reason").set_value(reason)
    next(each for each in app.button if each.label == ZH("catalogue.save")).click().run()
    assert not app.exception
    return app


def test_what_is_declared_is_stored_on_record_and_shown(store: Store, city_desk: Opened) -> None:
    app = _opened(city_desk)
    sharing = "Civil affairs ｜ Agreement 3 | 2027-01-01\n\nHealth | Agreement 4"
    app = _saved(app, **FIELDS, sharing=sharing, destroyed_on="2030-01-02")
    (found,) = [each for each in registered_datasets(store) if each.dataset == DATASET]
    assert (found.owner, found.cdo, found.purpose) == ("Data section", "Chief data officer", "licences")
    assert found.sharing == (
        Sharing(recipient="Civil affairs", basis="Agreement 3", until=date(2027, 1, 1)),
        Sharing(recipient="Health", basis="Agreement 4"),
    )
    assert found.destroyed_on == date(2030, 1, 2)
    told = "\n".join(each.value for each in app.text)
    assert "Lin Example" in told
    assert f"{ZH('catalogue_field.owner')}: – → Data section" in told
    assert ZH("catalogue.purpose", purpose="licences") in told
    assert [each.value for each in app.success] == [ZH("catalogue.done")]
    assert store.value("SELECT count() FROM audit_events WHERE action = 'catalogue.edited'") == 1
    assert verify_chain(store).intact


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"owner": ""}, "owner"),
        ({"sharing": "Civil affairs"}, "basis"),
        ({"sharing": "Civil affairs | Agreement 3 | tomorrow"}, "until"),
        ({"sharing": "a | b | 2027-01-01 | c"}, "more"),
    ],
)
def test_what_cannot_be_an_entry_is_told_and_not_saved(
    store: Store, city_desk: Opened, changed: dict[str, str], says: str
) -> None:
    app = _saved(_opened(city_desk), **{**FIELDS, **changed})
    assert [each.value for each in app.warning] == [ZH("catalogue.invalid")]
    assert any(says in each.value for each in app.text)
    assert store.value("SELECT count() FROM dataset_registration_records WHERE owner = 'Data section'") == 0


@pytest.mark.parametrize(("actor", "reason"), [("", "moved"), ("Lin Example", " ")])
def test_a_change_needs_a_name_and_a_reason(store: Store, city_desk: Opened, actor: str, reason: str) -> None:
    app = _saved(_opened(city_desk), actor=actor, reason=reason, **FIELDS)
    assert [each.value for each in app.warning] == [ZH("catalogue.missing")]
    assert store.value("SELECT count() FROM audit_events") == 0


def test_what_another_changed_meanwhile_is_not_overwritten(store: Store, city_desk: Opened) -> None:
    app = _opened(city_desk)
    edit_entry(store, seen_entry(store, DATASET), entry(owner="Other section"), actor="Wu Example", reason="moved")
    app = _saved(app, **FIELDS)
    assert [each.value for each in app.error] == [ZH("refused.CatalogueRefused")]
    assert any("was changed by Wu Example" in each.value for each in app.text)
    assert seen_entry(store, DATASET).entry == entry(owner="Other section")
    step = seen_entry(store, DATASET).step
    app = app.run()
    assert app.text_input(key=f"catalogue.{DATASET}.{step}.owner").value == "Other section"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_pattern_says_that_it_is_about_several(store: Store, city_desk: Opened, language: str) -> None:
    write_entries(store, [entry(dataset="/srv/export/*")])
    app = _opened(city_desk, language)
    words = words_in("zh" if language == "zh" else "en")
    assert words("catalogue.pattern") in [each.value for each in app.caption]
    assert "/srv/export/*" in [each.value for each in app.text]


def test_two_who_saw_the_same_do_not_both_change_it(store: Store) -> None:
    seen = seen_entry(store, DATASET)
    edit_entry(store, seen, entry(), actor="Lin Example", reason="declared")
    with pytest.raises(CatalogueRefused, match="was changed by Lin Example at"):
        edit_entry(store, seen, entry(owner="Other section"), actor="Wu Example", reason="declared")
    assert seen_entry(store, DATASET).entry == entry()


def test_an_import_meanwhile_counts_as_a_change(store: Store) -> None:
    seen = seen_entry(store, DATASET)
    write_entries(store, [entry(owner="Of the file")])
    with pytest.raises(CatalogueRefused, match="by an import"):
        edit_entry(store, seen, entry(), actor="Wu Example", reason="declared")


def test_nothing_changed_is_no_step(store: Store) -> None:
    edit_entry(store, seen_entry(store, DATASET), entry(), actor="Lin Example", reason="declared")
    with pytest.raises(CatalogueRefused, match="nothing is changed"):
        edit_entry(store, seen_entry(store, DATASET), entry(), actor="Lin Example", reason="again")


def test_personal_data_does_not_go_on_record(store: Store) -> None:
    with pytest.raises(StepRefused):
        edit_entry(store, seen_entry(store, DATASET), entry(owner="13800138000"), actor="Lin Example", reason="moved")
    assert seen_entry(store, DATASET).entry is None


def test_what_the_form_does_not_show_stays_as_it_was(store: Store) -> None:
    whole = entry(assessment="PIA-7", harm=[{"object": "public_interest", "degree": "general"}], masked_columns=["a"])
    write_entries(store, [whole])
    seen = seen_entry(store, DATASET)
    assert seen.entry == whole
    edit_entry(store, seen, whole.model_copy(update={"owner": "Other"}), actor="Lin Example", reason="moved")
    assert seen_entry(store, DATASET).entry == whole.model_copy(update={"owner": "Other"})
