"""TensorBoard itself at `/tensorboard/<run id>/`: one small application per run, in this process, of that run only.

Its event files are read by TensorBoard's data server, a child process that ends when we close its standard input. Where
there is no build of it (it comes for x86-64 Linux and macOS), TensorBoard's slower reader in Python takes its place.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import threading
import time
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from a2wsgi import WSGIMiddleware
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from studio.errors import InternalError

MOST = 6  # applications that live at once; the one that was not used for longest gives way
RELOAD_SECONDS = 1  # between two looks at the files; the page asks about every two
_START_SECONDS = 10.0
_SAMPLES = {"scalars": 5000, "images": 20, "histograms": 200}
_THREADS = 4


@dataclass(frozen=True)
class Source:
    """Where an application's numbers come from, and how to end that."""

    provider: Any
    multiplexer: Any
    close: Callable[[], None]


@dataclass(frozen=True)
class Cage:
    """TensorBoard over one folder and nothing else."""

    app: ASGIApp
    close: Callable[[], None]


class Boards:
    """The applications that live, by run. For use from one event loop."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._cages: OrderedDict[str, Cage] = OrderedDict()
        self._turn = asyncio.Lock()

    async def show(self, run: str, folder: Path, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the TensorBoard of a run's event files answer; `scope` has its place in `root_path`."""
        async with self._turn:
            if run not in self._cages:
                self._cages[run] = await run_in_threadpool(cage, folder, run)
            self._cages.move_to_end(run)
            app = self._cages[run].app
            while len(self._cages) > self._most:
                await run_in_threadpool(self._cages.popitem(last=False)[1].close)
        await app(scope, receive, send)

    async def forget(self, run: str) -> None:
        """End the application of a run that is no more."""
        async with self._turn:
            if run in self._cages:
                await run_in_threadpool(self._cages.pop(run).close)

    async def close(self) -> None:
        async with self._turn:
            while self._cages:
                await run_in_threadpool(self._cages.popitem()[1].close)


def cage(folder: Path, title: str) -> Cage:
    """TensorBoard over `folder`, which may be empty yet. `title` is all it tells of where that is."""
    from tensorboard import program
    from tensorboard.backend import application

    board = program.TensorBoard(plugins=plugins())
    board.configure(
        logdir=str(folder), reload_interval=RELOAD_SECONDS, samples_per_plugin=_SAMPLES, window_title="TensorBoard"
    )
    source = data_server(folder) or in_process(board.flags)
    _hide_place(source.provider, title)
    board.flags.logdir = title
    wsgi = application.TensorBoardWSGIApp(
        board.flags, board.plugin_loaders, source.provider, board.assets_zip_provider, source.multiplexer
    )
    asgi = WSGIMiddleware(wsgi, workers=_THREADS)

    def close() -> None:
        source.close()
        asgi.executor.shutdown(wait=False, cancel_futures=True)

    return Cage(asgi, close)  # type: ignore[arg-type]  # its own words for the same protocol


def plugins() -> list[Any]:
    """What is shown: of TensorBoard's own plugins those that read nothing but event files."""
    from tensorboard.plugins.core.core_plugin import CorePluginLoader
    from tensorboard.plugins.distribution.distributions_plugin import DistributionsPlugin
    from tensorboard.plugins.graph.graphs_plugin import GraphsPlugin
    from tensorboard.plugins.histogram.histograms_plugin import HistogramsPlugin
    from tensorboard.plugins.hparams.hparams_plugin import HParamsPlugin
    from tensorboard.plugins.image.images_plugin import ImagesPlugin
    from tensorboard.plugins.metrics.metrics_plugin import MetricsPlugin
    from tensorboard.plugins.pr_curve.pr_curves_plugin import PrCurvesPlugin
    from tensorboard.plugins.scalar.scalars_plugin import ScalarsPlugin
    from tensorboard.plugins.text.text_plugin import TextPlugin

    return [
        *(CorePluginLoader, MetricsPlugin, ScalarsPlugin, ImagesPlugin, GraphsPlugin, DistributionsPlugin),
        *(HistogramsPlugin, TextPlugin, PrCurvesPlugin, HParamsPlugin),
    ]


def _hide_place(provider: Any, title: str) -> None:
    """TensorBoard shows where its data lie; nobody but the machine's owner needs to know."""
    from tensorboard.data.provider import ExperimentMetadata

    provider.experiment_metadata = lambda *_, **__: ExperimentMetadata(data_location=title)


def data_server(folder: Path) -> Source | None:
    """The child process that reads event files, and a connection to it; None where there is no build of it."""
    from tensorboard.data import server_ingester

    try:
        program = server_ingester.get_server_binary().path
    except server_ingester.NoDataServerError:
        return None
    with tempfile.TemporaryDirectory(prefix="studio-tensorboard-") as place:
        port_file = Path(place) / "port"
        process = subprocess.Popen(
            [program, f"--logdir={folder}", f"--reload={RELOAD_SECONDS}", f"--port-file={port_file}", "--port=0",
             f"--samples-per-plugin={','.join(f'{k}={v}' for k, v in _SAMPLES.items())}", "--die-after-stdin"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath},
        )  # fmt: skip
        try:
            return _connected(_port(process, port_file), process)
        except BaseException:
            _end(process)
            raise


def _port(process: subprocess.Popen[bytes], port_file: Path) -> int:
    """The port that the server writes down when it is ready."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        written = port_file.read_text() if port_file.is_file() else ""
        if written.endswith("\n"):
            return int(written)
        time.sleep(0.01)
    raise InternalError(
        "TensorBoard did not start.", next="Open it again in a moment; the curves are shown without it."
    )


def _connected(port: int, process: subprocess.Popen[bytes]) -> Source:
    import grpc  # type: ignore[import-untyped]
    from tensorboard.data import grpc_provider
    from tensorboard.util.grpc_util import ChannelCredsType

    credentials, options = ChannelCredsType.LOCAL.channel_config()
    place = f"localhost:{port}"
    channel = grpc.secure_channel(place, credentials, [*options, ("grpc.max_receive_message_length", 1 << 28)])

    def close() -> None:
        channel.close()
        _end(process)

    return Source(grpc_provider.GrpcDataProvider(place, grpc_provider.make_stub(channel)), None, close)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Close the server's input, upon which it ends; make sure that it has."""
    if process.stdin:
        process.stdin.close()
    try:
        process.wait(1)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def in_process(flags: Any) -> Source:
    """TensorBoard's reader in Python, on a thread of its own until it is closed."""
    from tensorboard.backend.event_processing.data_ingester import LocalDataIngester

    ingester = LocalDataIngester(flags)
    over = threading.Event()
    reader = partial(_read, ingester.deprecated_multiplexer, flags.logdir, over)
    threading.Thread(target=reader, name="event-reader", daemon=True).start()
    return Source(ingester.data_provider, ingester.deprecated_multiplexer, over.set)


def _read(multiplexer: Any, folder: str, over: threading.Event) -> None:
    while not over.is_set():
        multiplexer.AddRunsFromDirectory(folder)
        multiplexer.Reload()
        over.wait(RELOAD_SECONDS)


@cache
def font(name: str) -> bytes | None:
    """One of TensorBoard's own fonts, which its pages ask for at the root of the site."""
    from tensorboard import assets

    with assets.get_default_assets_zip_provider()() as file, zipfile.ZipFile(file) as archive:
        try:
            return archive.read(f"font-roboto/{name}")
        except KeyError:
            return None
