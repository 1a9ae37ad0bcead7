"""Prompt files: what is published, that it never changes, and how it is filled in."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import core.answer
from core.categories import DEFAULT_CATEGORIES
from core.prompts import (
    Prompt,
    PromptError,
    load,
    new_marker,
    publish,
    published,
    render_categories,
    user_message,
    verify_lock,
)

PAGE = "---\nvariables: [name]\noutput: TriageAnswer\nwhy: a test\n---\nHello {{ name }}!\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder of prompts with one published version."""
    (tmp_path / "triage").mkdir()
    (tmp_path / "triage" / "v1.md").write_text(PAGE, encoding="utf-8")
    publish(tmp_path)
    return tmp_path


def prompt(text: str, *variables: str) -> Prompt:
    return Prompt(
        name="triage", version="v1", text=text, sha256="", variables=variables, output="", why=""
    )


def test_the_published_prompts_are_as_they_were_published() -> None:
    verify_lock()


def test_every_published_prompt_names_an_answer_model_and_says_why() -> None:
    assert ("triage", "v1") in {(each.name, each.version) for each in published()}
    for each in published():
        assert hasattr(core.answer, each.output)
        assert each.why


def test_the_triage_prompt_explains_every_field_of_the_answer() -> None:
    text = load("triage", "v1").render(
        categories=render_categories(DEFAULT_CATEGORIES), marker="request0123456789"
    )
    for field in core.answer.TriageAnswer.model_fields:
        assert f"- `{field}`" in text
    for category in DEFAULT_CATEGORIES:
        assert f"- `{category.key}` ({category.label}): {category.description}" in text
    assert "`request0123456789`" in text
    assert "{{" not in text


def test_loads_what_the_file_says(root: Path) -> None:
    loaded = load("triage", "v1", root)
    assert load("triage", "v1", root) is loaded, "each triage would read the disk"
    assert (loaded.name, loaded.version, loaded.text) == ("triage", "v1", "Hello {{ name }}!")
    assert (loaded.variables, loaded.output, loaded.why) == (("name",), "TriageAnswer", "a test")


def test_versions_come_in_the_order_of_their_numbers(root: Path) -> None:
    for number in (10, 2):
        (root / "triage" / f"v{number}.md").write_text(PAGE, encoding="utf-8")
    (root / "triage" / "draft.md").write_text("not a version", encoding="utf-8")
    assert [each.version for each in published(root)] == ["v1", "v2", "v10"]


@pytest.mark.parametrize(("name", "version"), [("triage", "v2"), ("handover", "v1"), ("..", "v1")])
def test_an_unknown_version_is_told_which_exist(root: Path, name: str, version: str) -> None:
    with pytest.raises(PromptError, match=r"There is no prompt .*There is: triage/v1\."):
        load(name, version, root)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("Hello", "does not start with front matter"),
        (PAGE.replace("why: a test\n", ""), "front matter of triage/v1.md is wrong"),
        (PAGE.replace("why: a test", "why: a test\nmood: good"), "front matter .* is wrong"),
        (PAGE.replace("[name]", "[name"), "front matter .* is wrong"),
        (PAGE.replace("[name]", "[name, age]"), "declares age, name but its text uses name"),
        (PAGE.replace("[name]", "[]"), "declares nothing but its text uses name"),
    ],
)
def test_a_malformed_file_is_refused(root: Path, content: str, complaint: str) -> None:
    (root / "triage" / "v1.md").write_text(content, encoding="utf-8")
    with pytest.raises(PromptError, match=complaint):
        load("triage", "v1", root)


def test_render_takes_exactly_the_declared_variables() -> None:
    asked = prompt("{{ a }} and {{b}}", "a", "b")
    assert asked.render(a="1", b="2") == "1 and 2"
    with pytest.raises(PromptError, match="takes a, b; given: a"):
        asked.render(a="1")
    with pytest.raises(PromptError, match="takes a, b; given: a, b, c"):
        asked.render(a="1", b="2", c="3")


@given(st.text() | st.sampled_from(["{{ a }}", "{{ b }}", r"\1", r"\g<0>", "{a}", "%s"]))
def test_values_are_inserted_verbatim(value: str) -> None:
    assert (
        prompt("[{{ a }}|{{ b }}]", "a", "b").render(a=value, b="{{ a }}")
        == f"[{value}|{{{{ a }}}}]"
    )


def test_publishing_adds_new_versions_only(root: Path) -> None:
    before = (root / "prompts.lock").read_text()
    (root / "triage" / "v2.md").write_text(PAGE + "More.", encoding="utf-8")
    with pytest.raises(PromptError, match=r"Not in prompts.lock: triage/v2\.md"):
        verify_lock(root)
    assert publish(root) == ("triage/v2.md",)
    assert publish(root) == ()
    assert (root / "prompts.lock").read_text().startswith(before)
    verify_lock(root)


def test_a_published_version_cannot_change(root: Path) -> None:
    (root / "triage" / "v1.md").write_text(PAGE + "Changed.", encoding="utf-8")
    (root / "triage" / "v2.md").write_text(PAGE, encoding="utf-8")
    before = (root / "prompts.lock").read_text()
    for refused in (verify_lock, publish):
        with pytest.raises(PromptError, match=r"v2|Changed or removed .* triage/v1\.md"):
            refused(root)
    assert (root / "prompts.lock").read_text() == before


def test_a_published_version_cannot_go(root: Path) -> None:
    (root / "triage" / "v1.md").unlink()
    with pytest.raises(PromptError, match=r"Changed or removed .* triage/v1\.md"):
        verify_lock(root)


def test_line_ends_of_the_checkout_do_not_matter(root: Path) -> None:
    (root / "triage" / "v1.md").write_bytes(PAGE.replace("\n", "\r\n").encode())
    verify_lock(root)


def test_the_command_finds_nothing_to_add() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "core.prompts"], capture_output=True, text=True, check=True
    )
    assert run.stdout == ""


@given(st.text(), st.integers(0, 3))
def test_the_marker_stands_only_around_the_text(text: str, copies: int) -> None:
    marker = new_marker()
    message = user_message(text + (marker[:5] + marker.upper() + marker) * copies, marker)
    assert message.startswith(f"{marker}\n")
    assert message.endswith(f"\n{marker}")
    assert message.lower().count(marker) == 2


def test_ordinary_text_stays_as_it_is_between_the_markers() -> None:
    assert user_message("a\n<b> {{ c }}", "request0123456789") == (
        "request0123456789\na\n<b> {{ c }}\nrequest0123456789"
    )
    assert new_marker() != new_marker()


def test_a_guessable_marker_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 12"):
        user_message("text", "---")
