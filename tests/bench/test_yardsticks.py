import json

import pytest

from bench.yardsticks import ItemKnn, VmisKnn
from training.next_item.sessions import Sessions, from_columns


@pytest.fixture
def past() -> Sessions:
    sessions = [["a", "b"], ["a", "b", "c"], ["a", "d"], ["d", "e"]]
    return from_columns(
        {
            "SESSION_KEY": [str(number) for number in range(len(sessions))],
            "SITE": ["shop"] * len(sessions),
            "CLIENT_ID": [str(number) for number in range(len(sessions))],
            "ITEM_IDS": [json.dumps(items) for items in sessions],
            "OCCURRED_AT_MS": [json.dumps([number] * len(items)) for number, items in enumerate(sessions)],
        }
    )


def test_item_knn_ranks_by_the_cosine(past: Sessions):
    # a is in three sessions: 2 / sqrt(3 * 2) of b, 1 / sqrt(3) of c, 1 / sqrt(3 * 2) of d
    assert ItemKnn(past).suggested(["a"], k=3) == ["b", "c", "d"]


def test_item_knn_adds_up_over_the_session(past: Sessions):
    # d goes with both; e, which was looked at before, is most like itself
    assert ItemKnn(past).suggested(["e", "a"], k=3) == ["d", "e", "b"]


def test_vmis_knn_counts_rare_items_and_newer_sessions_more(past: Sessions):
    # all three sessions of a are equally near; b and d are rarer than a, c and e rarer still
    assert VmisKnn(past).suggested(["a"], k=9) == ["b", "c", "d"]
    assert VmisKnn(past).suggested(["e"], k=9) == ["d"]


@pytest.mark.parametrize("make", [ItemKnn, VmisKnn])
def test_nothing_is_suggested_where_nothing_is_known(make: type[ItemKnn | VmisKnn], past: Sessions):
    assert make(past).suggested(["unheard of"], k=5) == []
