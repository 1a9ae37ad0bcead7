"""The built-in triage: what it reads out of plain messages, and that nothing makes it fail."""

import time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.answer import TriageAnswer
from core.categories import DEFAULT_CATEGORIES, Category
from core.offline import triage
from core.offline.draft import reply_draft
from core.offline.phrases import PHRASES
from core.offline.question import Need

# One message a line, as people write them: the expected category, then the text.
MESSAGES = """
access      I'm locked out of my account after too many login attempts
access      Can you reset my password for Salesforce?
access      New colleague starts Monday, she needs accounts and access to the shared drive
access      My two-factor codes are not accepted any more since I got a new phone
access      Ich kann mich nicht anmelden, mein Konto ist gesperrt
access      Je n'ai plus accès à mon compte, mot de passe refusé
hardware    My laptop screen flickers and the battery drains in an hour
hardware    The printer on the second floor jams all the time
hardware    Could I get a second monitor and a docking station?
hardware    Mein Headset ist kaputt, kann ich ein neues bekommen?
hardware    La impresora no imprime
hardware    I spilled coffee over my keyboard
software    Excel crashes whenever I open the budget spreadsheet
software    Please install the latest update of Figma on my machine
software    Our Adobe licence has expired
software    Outlook zeigt beim Start eine Fehlermeldung
software    The calendar app shows the wrong time zone
network     The VPN drops every ten minutes when I work from home
network     Wi-fi in the lobby is very slow today
network     Kein Internet seit heute morgen, WLAN ist weg
network     DNS does not resolve our internal hosts
outage      The checkout is failing for all customers with a 500 error
outage      Production is down, nobody can work
outage      Our website is not reachable for anybody since 9:40
security    I think I clicked on a link in a phishing email
security    I got a suspicious email from our CEO asking for gift cards
security    My work phone was stolen on the train
security    I accidentally pushed an API key to a public repository, it leaked
finance     The invoice from our supplier was paid twice
finance     When will my travel expenses be reimbursed?
finance     Meine Gehaltsabrechnung für März fehlt
finance     Necesito una factura con el NIF correcto
people      How many vacation days do I have left?
people      I'd like to talk about parental leave
people      Ich bin heute krank
people      Where do I find a copy of my employment contract?
facilities  The meeting room on the third floor is freezing, can you turn up the heating?
facilities  My key card does not open the front door
facilities  Is there a parking space for a visitor tomorrow?
facilities  Die Kaffeemaschine in der Küche ist schmutzig
other       What is the name of the nice song from the party?
other       Just wanted to say hello
"""
EXPECTED = [line.split(maxsplit=1) for line in MESSAGES.strip().splitlines()]
NEEDS: tuple[Need, ...] = get_args(Need)


def answer(text: str, requester_name: str | None = None) -> TriageAnswer:
    return triage(text, categories=DEFAULT_CATEGORIES, requester_name=requester_name)


def test_category_accuracy() -> None:
    """41 of these 42 were right when measured; real messages are harder than written ones."""
    right = [answer(text).category == category for category, text in EXPECTED]
    assert sum(right) >= 40


def test_confidence_is_lower_where_it_is_wrong() -> None:
    sure = [
        answer(text).category == category
        for category, text in EXPECTED
        if answer(text).confidence >= 0.4
    ]
    assert all(sure)
    assert len(sure) > len(EXPECTED) / 2
    assert max(answer(text).confidence for _, text in EXPECTED) <= 0.6


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("", "Request without text"),
        ("🔥🔥 :fire:", "Request without text"),
        ("<@U123> <!here>", "Request without text"),
        ("Hi team, my laptop is broken. Thanks!", "My laptop is broken"),
        ("Hello everyone!\nQuick question.\nWhere is the printer?", "Where is the printer?"),
        ("Hallo zusammen, der Drucker klemmt. Danke", "Der Drucker klemmt"),
        ("*Urgent*: `VPN` is down", "Urgent: VPN is down"),
        ("The <https://x.example/a|status page> is red", "The status page is red"),
        ("See https://x.example/a for details", "See [link] for details"),
        ("The price is &lt; 5 &amp; falling", "The price is 5 & falling"),
        ("```\nTraceback: boom\n```", "Traceback: boom"),
        ("My app says this:\n```\nboom\n```", "My app says this:".rstrip(":")),
        ("help", "Help"),
        ("iPhone screen cracked", "iPhone screen cracked"),
        ("Open <https://x.example|https://y.example> please", "Open [link] please"),
        ("I need leave from 3.7. to 9.7. please", "I need leave from 3.7. to 9.7. please"),
        ("&lt;@U123&gt; fix it", "Fix it"),
    ],
)
def test_title(text: str, title: str) -> None:
    assert answer(text).title == title


def test_long_title_ends_with_a_word() -> None:
    title = answer("The printer prints pages " * 20).title
    assert len(title) <= 150
    assert title.endswith(("printer…", "prints…", "pages…", "The…"))


def test_summary_keeps_what_tells_most_in_the_order_of_the_text() -> None:
    text = (
        "Hi all! I was on holiday. It was sunny. The sea was warm. "
        "Now my laptop battery is broken. The charger does not help. Thanks a lot!"
    )
    summary = answer(text).summary
    assert summary.index("laptop battery") < summary.index("charger")
    assert "Thanks" not in summary
    assert "sea" not in summary


@pytest.mark.parametrize(
    ("text", "priority"),
    [
        ("My mouse is squeaking", "normal"),
        ("URGENT: cannot open the safe", "urgent"),
        ("please fix asap", "urgent"),
        ("Production is down", "urgent"),
        ("everyone is affected", "urgent"),
        ("das ist dringend", "urgent"),
        ("es urgente", "urgent"),
        ("the report is due today", "high"),
        ("several people have this", "high"),
        ("I can't work", "high"),
        ("not urgent", "low"),
        ("this isn't really urgent", "low"),
        ("no rush at all", "low"),
        ("when you have time, please clean it", "low"),
        ("nicht dringend", "low"),
        ("ce n'est pas urgent", "low"),
        ("não é urgente", "low"),
        ("no es urgente", "low"),
        ("Not urgent for me, but production is down", "urgent"),
        ("Where is the emergency exit?", "normal"),
    ],
)
def test_priority(text: str, priority: str) -> None:
    assert answer(text).priority == priority


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The door is open and I cannot close it", "en"),
        ("Mein Rechner ist kaputt und geht nicht an", "de"),
        ("No puedo entrar en mi cuenta", "es"),
        ("Je n'arrive pas à imprimer le document", "fr"),
        ("Não consigo abrir o arquivo", "pt"),
        ("Non riesco ad aprire il documento, grazie", "it"),
        ("Ik kan niet inloggen met mijn account", "nl"),
        ("Nie mogę się zalogować", "pl"),
        ("Jag kan inte logga in och det är viktigt", "sv"),
        ("Не могу войти в систему", "ru"),
        ("Не можу увійти, допоможіть", "uk"),
        ("メールが届きません", "ja"),
        ("无法登录系统", "zh"),
        ("로그인이 안 됩니다", "ko"),
        ("لا أستطيع الدخول", "ar"),
        ("אני לא מצליח להתחבר", "he"),
        ("Δεν μπορώ να συνδεθώ", "el"),
        ("xyzzy plugh", "und"),
        ("", "und"),
        ("12345", "und"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert answer(text).language == language


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("", "What exactly is the request about?"),
        ("My laptop is broken", "Which device is it about (model or inventory number)?"),
        ("My MacBook laptop is broken", "Since when has this been happening?"),
        ("My MacBook laptop is broken since this morning", None),
        ("I cannot log in to Jira", "What exactly happens, and is there an error message?"),
        (
            'I cannot log in to Jira: "Token expired, sign in"',
            "Since when has this been happening?",
        ),
        ("Ich kann mich nicht anmelden", "Um welches System oder Programm geht es?"),
        ("Please install Figma", "By when is it needed?"),
        ("Please install Figma by Friday", None),
        ("The wifi is slow", "Where is it: at home, or in which office and room?"),
        ("Suspicious email!", "Was a link or an attachment opened, or were any details entered?"),
        ("I opened a suspicious email", None),
        ("Invoice 48213 is wrong", None),
    ],
)
def test_question_asks_for_what_is_missing(text: str, question: str | None) -> None:
    assert answer(text).question == question


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Anna Weber", "Hi Anna,"),
        ("Dr. Anna Weber", "Hi Anna,"),
        ("Weber, Anna", "Hi Anna,"),
        ("Jean-Luc", "Hi Jean-Luc,"),
        ("李雷", "Hi 李雷,"),
        (None, "Hi,"),
        ("", "Hi,"),
        ("<!channel>", "Hi,"),
        ("https://evil.example", "Hi,"),
        ("*Anna*", "Hi,"),
        ("A" * 200, "Hi,"),
        ("{name}", "Hi,"),
    ],
)
def test_draft_greets_by_first_name(name: str | None, greeting: str) -> None:
    assert answer("The printer is broken", name).reply_draft.startswith(f"{greeting}\n")


@pytest.mark.parametrize(
    ("text", "greeting"),
    [
        ("Mein Drucker ist kaputt", "Hallo Anna,"),
        ("La impresora no funciona", "Hola Anna:"),
        ("Mon imprimante est cassée", "Bonjour Anna,"),
        ("A minha impressora não funciona", "Olá Anna,"),
        ("プリンターが壊れました", "Hi Anna,"),
    ],
)
def test_draft_speaks_the_language_of_the_request(text: str, greeting: str) -> None:
    drafted = answer(text, "Anna Weber")
    assert drafted.reply_draft.startswith(greeting)
    assert drafted.question is not None or "プリンター" in text
    assert (drafted.question or "") in drafted.reply_draft


def test_every_language_asks_every_question() -> None:
    for phrases in PHRASES.values():
        assert set(phrases.questions) == set(NEEDS)


def test_own_categories() -> None:
    school = (
        Category(key="library", label="Library", description="book, borrow, return, reading room"),
        Category(key="timetable", label="Timetable", description="lesson, substitution, schedule"),
        Category(key="misc", label="Everything else", description="all the rest"),
    )
    assert triage("When must I return my books?", categories=school).category == "library"
    assert triage("Whose lessons are cancelled?", categories=school).category == "timetable"
    assert triage("Purple elephants", categories=school).category == "misc"
    assert triage("", categories=school[:1]).category == "library"


DRAFTS = {reply_draft(need, tag, None) for need in (*NEEDS, None) for tag in PHRASES}
PIECES = """
<@U1> <!here> < > | <https://x.example|x> <https://x.example|https://y.example>
https://x.example &lt; &gt; &amp; @channel hi, ``` * _ . :
urgent not password سلام 🔥 \u202e \x00 \ud800
"""
MARKUP = st.lists(st.sampled_from([*PIECES.split(), " ", "\n"])).map("".join)


@given(st.text() | MARKUP | st.text(st.characters(exclude_categories=())))
def test_any_text_gives_a_sound_answer(text: str) -> None:
    found = answer(text)
    assert found.category in {each.key for each in DEFAULT_CATEGORIES}
    assert found.reply_draft in DRAFTS, "nothing of the text gets into the draft"
    assert found == answer(text)
    for shown in (found.title, found.summary):
        assert shown.strip() == shown
        assert "<" not in shown
        assert "https://" not in shown
        assert "@channel" not in shown
        shown.encode()
    assert "\n" not in found.title


@given(st.text())
def test_any_name_gives_a_sound_greeting(name: str) -> None:
    greeting, _, rest = answer("", name).reply_draft.partition("\n")
    assert rest == answer("").reply_draft.partition("\n")[2]
    assert not set(greeting) & set("<>*_~`/:@.&")


@pytest.mark.parametrize(
    "piece", ["a", "a ", "<", "```", ": ", "not ", "hi ", "https://", "🔥", "\n"]
)
def test_long_texts_are_quick(piece: str) -> None:
    """200,000 characters take 5 ms of the processor, whatever else it does meanwhile."""
    text = (piece * 200_000)[:200_000]
    answer(text)
    start = time.thread_time()
    answer(text)
    assert time.thread_time() - start < 0.05


def test_a_greeting_alone_is_what_was_said() -> None:
    made = triage("good morning everybody", categories=DEFAULT_CATEGORIES)
    assert (made.title, made.summary) == ("good morning everybody", "good morning everybody")
