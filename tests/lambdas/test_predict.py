import base64
import io
import json
import sys
import uuid
import zipfile
from binascii import crc32
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from adapters import layer
from adapters.item_filters import ItemFilters
from domain import layer as packing
from domain.layer import Release
from domain.settings import PredictSettings
from lambdas import predict
from lambdas.models import Models
from tests.artifacts import sealed
from tests.training.next_item.sessions import PARAMETERS, sessions_of
from tests.training.top_items.conftest import columns_of
from training.next_item.fit import fit
from training.top_items import recipe as top_items

SETTINGS = PredictSettings(
    write_keys={"key-1": "shop", "key-2": "probe"},
    model="next_item",
    latency_objective_ms=1000.0,
    deadline_ms=5000,
    artifacts_bucket="artifacts",
    filter_seconds=3600,
    metrics_namespace="Skiff/test",
)
FILTER = b'{"denied": ["polish"]}'
SESSIONS = [["shoe", "sock"], ["shoe", "sock", "lace"], ["hat", "scarf"], ["shoe", "polish"], ["hat", "shoe"]]
VIEW_SHOE = {"name": "view_item", "items": [{"item_id": "shoe"}]}
BODY = {"client_id": "client-1", "session_id": "session-1", "events": [VIEW_SHOE], "k": 2}


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    begin(monkeypatch)
    yield
    forget()


def begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new process, which finds no item filter."""
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ItemFilters, "fetch", lambda _: None)
    forget()


def forget() -> None:
    """A new process has no model open."""
    predict.settings.cache_clear()
    predict.models.cache_clear()
    predict.filters.cache_clear()
    layer._package.cache_clear()
    sys.modules.pop("skiff_model", None)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a released model, on the path as Lambda has a layer's."""
    folder = tmp_path / "artifact"
    folder.mkdir()
    fit(sessions_of(*SESSIONS), folder, parameters=PARAMETERS, seed=1)
    return released(folder, monkeypatch)


def released(folder: Path, monkeypatch: pytest.MonkeyPatch, **about: str) -> Path:
    """The artifact in *folder* as the layer of a function; *about* are fields of its manifest."""
    manifest = sealed(folder, **about)
    release = Release.of_one(
        release_id="release-1", model=manifest.model, version="7", digest=manifest.digest
    )
    filters = {"filters/shop.json": FILTER}
    content = packing.build(release, {"champion": files_of(folder)}, filters)
    opt = folder.parent / "opt"
    zipfile.ZipFile(io.BytesIO(content)).extractall(opt)
    monkeypatch.syspath_prepend(opt / "python")
    return opt / packing.PACKAGE


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture
def baseline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The layer of the first deploy, before there is a model."""
    release = Release(release_id="baseline", model="")
    zipfile.ZipFile(io.BytesIO(packing.build(release, {}))).extractall(tmp_path)
    monkeypatch.syspath_prepend(tmp_path / "python")


def post(body: Any, *, key: str | None = "key-1", is_base64: bool = False) -> dict[str, Any]:
    """Payload format 2.0, as API Gateway sends it."""
    text = body if isinstance(body, str) else json.dumps(body)
    return {
        "version": "2.0",
        "routeKey": "POST /predict/next_item",
        "headers": {"content-type": "application/json"} | ({"x-write-key": key} if key else {}),
        "requestContext": {
            "requestId": "request-1",
            "http": {"method": "POST", "sourceIp": "203.0.113.9", "userAgent": "curl/8"},
        },
        "body": base64.b64encode(text.encode()).decode() if is_base64 else text,
        "isBase64Encoded": is_base64,
    }


def ask(body: Any, **how: Any) -> tuple[int, dict[str, Any]]:
    answer = predict.handler(post(body, **how), None)
    return answer["statusCode"], json.loads(answer["body"])


def counted(capsys: pytest.CaptureFixture[str], metric: str) -> list[float]:
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return [line[metric] for line in lines if metric in line]


def item_ids(answer: dict[str, Any]) -> list[str]:
    return [item["item_id"] for item in answer["data"]["items"]]


def test_a_session_gets_the_next_items_from_the_released_model(package: Path):
    status, answer = ask(BODY)

    assert status == 200
    assert item_ids(answer)[0] == "sock"
    assert len(item_ids(answer)) == 2
    assert answer["metadata"].keys() == {
        "prediction_id", "model", "version", "arm", "tier", "served_at", "took_ms",
    }  # fmt: skip
    assert (answer["metadata"]["version"], answer["metadata"]["tier"]) == ("7", "model")


def test_an_empty_session_gets_what_is_popular(package: Path):
    status, answer = ask({**BODY, "events": []})

    assert (status, item_ids(answer)) == (200, ["shoe", "hat"])
    assert answer["metadata"]["tier"] == "baseline"


def test_a_customer_gets_their_own_items_from_the_released_batch_and_others_what_is_popular(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MODEL", "top_items")
    folder = tmp_path / "artifact"
    folder.mkdir()
    june = datetime(2020, 6, 1)
    rows = [(f"c{n}", "purchase", item, june) for n in range(9) for item in ("hat", "scarf")]
    data = top_items.load(columns_of(*rows, ("anna", "purchase", "lace", june)))
    top_items.fit(data, folder, parameters=top_items.CONTRACT.search.first, seed=1)
    released(folder, monkeypatch, model="top_items", format=top_items.FORMAT)

    _, hers = ask({"client_id": "c", "events": top_items.of("anna"), "k": 1})
    _, anybodys = ask({"client_id": "c", "events": top_items.of("nobody"), "k": 1})

    assert (item_ids(hers), hers["metadata"]["tier"]) == (["lace"], "model")
    assert (item_ids(anybodys), anybodys["metadata"]["tier"]) == (["hat"], "baseline")
    assert hers["metadata"]["model"] == "top_items"


def test_an_answer_is_one_line_that_is_log_event_and_metric(
    package: Path, capsys: pytest.CaptureFixture[str]
):
    _, answer = ask({**BODY, "page": "home"})

    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["schema"], line["site"], line["ip"]) == (1, "shop", "203.0.113.0")
    event = line["event"]
    assert event["name"] == "prediction"
    assert event["prediction_id"] == event["event_id"] == answer["metadata"]["prediction_id"]
    assert event["request"] == {**BODY, "page": "home"}
    assert event["answer"] == answer["data"]
    assert (event["client_id"], event["session_id"]) == ("client-1", "session-1")
    assert (event["version"], event["release_id"]) == ("7", "release-1")
    assert event["filter_version"] == f"{crc32(FILTER):08x}"
    assert (line["Answers"], line["Fallbacks"], line["Slow"]) == (1, 0, 0)
    assert line["TookMs"] == answer["metadata"]["took_ms"]
    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [
        [],
        ["model"],
        ["model", "tier"],
        ["model", "release"],
    ]


def test_what_a_shop_does_not_want_suggested_is_left_out_and_a_release_s_own_requests_know_no_filter(
    package: Path,
):
    everything = {**BODY, "k": 100}

    assert "polish" not in item_ids(ask(everything)[1])
    assert "polish" in item_ids(ask(everything, key="key-2")[1])


def test_newer_filters_are_looked_for_after_an_answer_and_never_before(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    answered: list[str] = []
    monkeypatch.setattr(ItemFilters, "refresh", lambda _: answered.append(capsys.readouterr().out))

    ask(BODY)
    ask("no JSON")

    ((line),) = answered
    assert json.loads(line)["event"]["name"] == "prediction"


def test_a_shadow_is_asked_and_logged_and_never_shown(package: Path, capsys: pytest.CaptureFixture[str]):
    release = json.loads((package / "release.json").read_text())
    (arm,) = release["arms"]
    shadow = {**arm, "name": "shadow", "version": "8", "share": 0.0}
    (package / "champion").rename(package / "shadow")
    sizes = json.loads((package / "sizes.json").read_text())
    (package / "sizes.json").write_text(json.dumps({"shadow": sizes["champion"]}))
    (package / "release.json").write_text(json.dumps({**release, "arms": [arm, shadow]}))

    _, answer = ask(BODY)

    broken, shown, hidden = map(json.loads, capsys.readouterr().out.splitlines())
    assert broken["arm"] == "champion"
    assert (answer["metadata"]["arm"], answer["metadata"]["tier"]) == ("champion", "baseline")
    assert shown["event"]["prediction_id"] == answer["metadata"]["prediction_id"]
    assert shown["Fallbacks"] == 1
    event = hidden["event"]
    assert (event["arm"], event["version"], event["tier"]) == ("shadow", "8", "model")
    assert event["shadow_of"] == answer["metadata"]["prediction_id"] != event["prediction_id"]
    assert (hidden["ShadowAnswers"], "Answers" in hidden) == (1, False)


def test_a_shadow_has_only_what_is_left_of_the_time(
    package: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("DEADLINE_MS", "0")
    monkeypatch.setattr(Models, "shadow", lambda self: self.arm_of("anybody"))

    status, _ = ask(BODY)

    assert (status, counted(capsys, "ShadowSkipped")) == (200, [1])


@pytest.mark.parametrize(("key", "shop"), [("key-1", "shop"), ("key-2", "other-shop")])
def test_a_probe_may_ask_as_another_sites_visitor_and_nobody_else(
    package: Path, monkeypatch: pytest.MonkeyPatch, key: str, shop: str
):
    asked_as = []
    ask_model = Models.ask

    def spy(self: Models, *given: Any, site: str, **how: Any) -> Any:
        asked_as.append(site)
        return ask_model(self, *given, site=site, **how)

    monkeypatch.setattr(Models, "ask", spy)

    ask({**BODY, "site": "other-shop"}, key=key)

    assert asked_as == [shop]


def test_two_answers_have_two_prediction_ids(package: Path):
    first, second = ask(BODY)[1], ask(BODY)[1]

    assert first["data"] == second["data"]
    assert first["metadata"]["prediction_id"] != second["metadata"]["prediction_id"]


def test_a_prediction_id_is_a_random_uuid():
    found = [uuid.UUID(predict._uuid4()) for _ in range(200)]

    assert {(each.version, each.variant) for each in found} == {(4, uuid.RFC_4122)}
    assert len(set(found)) == 200


def test_before_any_model_exists_the_endpoint_answers(baseline: None, capsys: pytest.CaptureFixture[str]):
    status, answer = ask(BODY)

    assert (status, item_ids(answer)) == (200, [])
    assert (answer["metadata"]["version"], answer["metadata"]["tier"]) == ("baseline", "baseline")
    assert "ModelBroken" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "damage",
    [
        lambda package: (package / "champion/postings.u32").write_bytes(b"\0\0\0\0"),
        lambda package: (package / "champion/postings.u32").unlink(),
        lambda package: (package / "champion/manifest.json").write_text("{"),
        lambda package: (package / "release.json").write_text("{"),
        lambda package: (package / "release.json").unlink(),
    ],
)
def test_a_broken_model_answers_what_is_popular_and_says_so_once(
    package: Path, capsys: pytest.CaptureFixture[str], damage: Callable[[Path], object]
):
    damage(package)

    answers = [ask(BODY), ask(BODY)]

    for status, answer in answers:
        assert (status, item_ids(answer)) == (200, ["shoe", "hat"])
        assert (answer["metadata"]["version"], answer["metadata"]["tier"]) == ("broken", "baseline")
    assert counted(capsys, "ModelBroken") == [1]


def test_a_model_released_for_another_digest_is_broken(package: Path):
    release = json.loads((package / "release.json").read_text())
    (arm,) = release["arms"]
    (package / "release.json").write_text(json.dumps({**release, "arms": [{**arm, "digest": "0000"}]}))

    assert ask(BODY)[1]["metadata"]["version"] == "broken"


def test_a_body_in_base64_is_the_same_request(package: Path):
    plain, encoded = ask(BODY)[1], ask(BODY, is_base64=True)[1]

    assert encoded["data"] == plain["data"]


def test_the_key_may_come_in_the_body_and_is_not_logged(package: Path, capsys: pytest.CaptureFixture[str]):
    status, _ = ask({**BODY, "write_key": "key-1"}, key=None)

    assert status == 200
    assert "key-1" not in capsys.readouterr().out


def test_an_unknown_key_is_a_401(package: Path):
    status, answer = ask(BODY, key="wrong")

    assert (status, answer["error"]["field"]) == (401, "write_key")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ("{", "body"),
        ("", "body"),
        ({**BODY, "k": 0}, "k"),
        ({**BODY, "events": [{"name": "wishlist"}]}, "events[0].name"),
    ],
)
def test_a_malformed_request_is_a_400_that_names_the_field(
    package: Path, capsys: pytest.CaptureFixture[str], body: Any, field: str
):
    status, answer = ask(body)

    assert status == 400
    assert answer["error"].keys() == {"field", "expected", "got"}
    assert answer["error"]["field"] == field
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert line["Refused"] == 1
    assert "schema" not in line  # it must not reach the lake as an event


def test_a_body_too_large_to_log_is_a_413(package: Path):
    assert ask({**BODY, "page": "x" * 200_000})[0] == 413
