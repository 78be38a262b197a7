from pathlib import Path

from training.purchase_intent import recipe
from training.purchase_intent.sessions import Sessions


def test_an_example_tells_how_the_probability_went(folder: Path, sessions: Sessions):
    examples = recipe.examples(folder, sessions, str)

    assert [example["truth"] for example in examples] == ["bought"] * 3 + ["did not buy"] * 3
    for example in examples:
        assert [step["why"] for step in example["answer"]] == [f"after {name}" for name in example["seen"]]
        assert all(0 < step["probability"] < 1 for step in example["answer"])
