from ops.lineage import find, show
from ops.lineage.find import Step
from ops.progress import console

FILE = Step(kind="file", name="events/a.gz", facts={"events": "3"})
SNAPSHOT = Step(kind="snapshot", name="next_item/s1", facts={"rows": "10"}, made_from=(FILE,))
ANSWER = Step(
    kind="answer",
    name="p-1",
    facts={"client_id": "<c1>"},
    made_from=(Step(kind="session", name="of <c1>", made_from=(FILE,)), SNAPSHOT),
)


def test_a_mart_comes_from_what_was_loaded():
    assert find.upstream("marts.next_item_sessions") == [
        "marts.next_item_sessions",
        "intermediate.session_events",
        "staging.events",
        "raw.events",
    ]


def test_everything_behind_an_answer_is_walked():
    assert [step.kind for step in find.walked(ANSWER)] == ["answer", "session", "file", "snapshot", "file"]


def test_the_page_draws_the_way_and_leads_from_each_box_to_what_is_known():
    page = show.page([ANSWER])

    assert page.count("<rect") == 4  # a file that is behind two things is one box
    assert 'href="#next_item/s1"' in page
    assert 'id="next_item/s1"' in page
    assert "&lt;c1&gt;" in page
    assert "<c1>" not in page


def test_the_tree_tells_each_step_and_what_is_known_of_it():
    with console.capture() as said:
        console.print(show.tree(ANSWER))

    assert "snapshot next_item/s1" in said.get()
    assert "rows: 10" in said.get()
