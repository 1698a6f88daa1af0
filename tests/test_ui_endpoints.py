"""The named endpoints: a client does the whole job without a browser, and no endpoint takes a path of this machine."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from tests import command_line
from tests.data_helpers import png, write
from tests.serving import Served, served

NAMES = {
    *("/import_dataset", "/datasets", "/checkup", "/suspects", "/forecast", "/train", "/runs", "/show"),
    *("/stop", "/resume", "/predict", "/curves", "/export", "/queue", "/move", "/room", "/limits"),
}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("endpoints")) as found:
        yield found


@pytest.fixture(scope="module")
def client(studio: Served) -> Iterator[Client]:
    found = Client(studio.url, verbose=False)
    yield found
    found.close()


def ask(client: Client, name: str, /, **arguments: Any) -> dict[str, Any]:
    answer = client.predict(api_name=f"/{name}", **arguments)
    assert isinstance(answer, dict)
    assert "folder" not in answer, "places on the server's disk are its own business"
    return answer


def ended(client: Client, run: str, seconds: float = 120) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        record = ask(client, "show", run=run)
        if record["status"] in ("finished", "stopped", "failed", "interrupted"):
            return record
        time.sleep(0.3)
    raise AssertionError(f"the run did not end: {record}")


def test_the_endpoints_are_those_of_the_contract(client: Client) -> None:
    listed = client.view_api(return_format="dict", print_info=False)
    assert isinstance(listed, dict)
    assert set(listed["named_endpoints"]) == NAMES
    assert listed["unnamed_endpoints"] == {}


def test_a_client_does_the_whole_job(client: Client, studio: Served, tmp_path: Path) -> None:
    file = command_line.messages(tmp_path)
    dataset = ask(client, "import_dataset", file=handle_file(str(file)))
    assert (dataset["rows"], dataset["task"], len(dataset["labels"])) == (80, "text_classification", 2)
    assert ask(client, "checkup", dataset=dataset["dataset"])["findings"] == dataset["findings"]
    started = ask(client, "train", dataset=dataset["dataset"], preset="quick", changes={"epochs": 2}, name="mine")
    assert started["name"] == "mine"
    assert ask(client, "runs")["items"][0]["run"] == started["run"]
    assert [item["run"] for item in ask(client, "queue")["items"]] in ([started["run"]], [])
    record = ended(client, started["run"])
    assert record["status"] == "finished", record["error"]
    assert record["metrics"]["test"]["n"] > 0
    assert ask(client, "curves", run=record["run"])["tags"]
    answers = ask(client, "predict", run=record["run"], rows=[{"text": "give my money back"}])["predictions"]
    assert answers[0]["label"] in ("praise", "refund")
    export = ask(client, "export", run=record["run"], format="model")
    assert studio.get(export["url"])[:2] == b"PK"
    assert "path" not in export


def test_several_images_and_rows_of_their_own_become_one_dataset_and_labels_are_corrected(
    client: Client, tmp_path: Path
) -> None:
    images = [write(tmp_path, f"{('cat', 'dog')[i % 2]}_{i}.png", png(i)) for i in range(24)]
    dataset = ask(client, "import_dataset", file=[handle_file(str(image)) for image in images])
    assert (dataset["rows"], [label["name"] for label in dataset["labels"]]) == (24, ["cat", "dog"])
    found = ask(client, "suspects", dataset=dataset["dataset"], model="starter-resnet", most=3)
    assert found["rows"] == 24
    assert len(found["suspects"]) <= 3
    mended = ask(client, "suspects", dataset=dataset["dataset"], relabel={"0": "dog"}, drop=[1])
    assert (mended["rows"], mended["mends"][0]["code"]) == (23, "wrong_labels")
    rows = [f"this is text {i},{'ab'[i % 2]}\n" for i in range(80)]
    files = {name: write(tmp_path, f"{name}.csv", "text,label\n" + "".join(rows[start : start + 20]))
             for name, start in (("file", 0), ("valid", 20), ("test", 40))}  # fmt: skip
    given = ask(client, "import_dataset", **{name: handle_file(str(file)) for name, file in files.items()})
    assert given["splits"] == {"train": 20, "valid": 20, "test": 20}


def test_a_run_can_be_stopped_and_resumed(client: Client) -> None:
    dataset = ask(client, "import_dataset", sample="support-messages")
    started = ask(client, "train", dataset=dataset["dataset"], method="head", changes={"epochs": 500})
    deadline = time.monotonic() + 60
    while ask(client, "show", run=started["run"])["step"] < 5 and time.monotonic() < deadline:
        time.sleep(0.2)
    ask(client, "stop", run=started["run"])
    stopped = ended(client, started["run"])
    assert stopped["status"] == "stopped"
    assert ask(client, "resume", run=started["run"])["run"] == started["run"]
    ask(client, "stop", run=started["run"], discard=True)
    assert ended(client, started["run"])["status"] == "stopped"


@pytest.mark.parametrize(
    ("name", "arguments", "message"),
    [
        ("show", {"run": "nobody"}, "There is no run"),
        ("move", {"run": "nobody", "where": "sideways"}, "There is no way to move"),
        ("move", {"run": "nobody", "where": "up"}, "There is no run"),
        ("train", {"dataset": "nobody"}, "There is no dataset"),
        ("import_dataset", {}, "either a file or the name of a sample"),
        ("import_dataset", {"sample": "/etc/passwd"}, "There is no sample"),
        ("import_dataset", {"file": [{"path": "/etc/passwd"}]}, "has not arrived"),
        ("suspects", {"dataset": "nobody"}, "There is no dataset"),
        ("suspects", {"dataset": "nobody", "drop": ["x"]}, "A row is a number"),
        ("show", {"run": {"a": 1}}, "run: Input should be a valid string"),
        ("train", {"dataset": [1]}, "dataset: Input should be a valid string"),
        ("train", {"dataset": "nobody", "changes": "x"}, "changes: Input should be a valid dict"),
        ("checkup", {"dataset": "nobody", "fix": "x"}, "fix: Input should be a valid list"),
        ("predict", {"run": "nobody", "rows": ["x"]}, "Each row is an object"),
        ("predict", {"run": "nobody", "rows": [{}] * 1001}, "At most 1,000 rows"),
        ("predict", {"run": "nobody", "rows": [{"image": "/etc/passwd"}]}, "given as an uploaded file"),
    ],
)
def test_a_wrong_request_is_answered_in_words(
    client: Client, name: str, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(AppError) as caught:
        client.predict(api_name=f"/{name}", **arguments)
    assert message in str(caught.value)
    assert "Traceback" not in str(caught.value)
    assert "<p>" not in str(caught.value)
    assert "&#" not in str(caught.value)


@pytest.mark.parametrize("path", ["/etc/passwd", os.path.relpath("/etc/passwd")])
def test_a_path_of_the_server_is_no_upload(client: Client, path: str) -> None:
    described = {"path": path, "meta": {"_type": "gradio.FileData"}, "orig_name": "data.csv"}
    with pytest.raises(AppError):
        client.submit(described, api_name="/import_dataset").result(timeout=60)
