"""The head of the panel Result as markup: which run, how good it is, beside what, and how far to trust the number.

Pure functions from the plain data of `Studio.results.summary` to markup.
"""

from __future__ import annotations

from collections.abc import Sequence

from studio.figures import figure
from studio.ui.markup import Html, element, joined, text
from studio.ui.shared import Data, badge, nothing_yet, notice, percent, status_word
from studio.ui.words import WORDS, Say

AT_WORK = ("preparing", "running", "stopping")
BASELINES = ("probe", "majority")
_KNOWING_NOTHING = {
    ("majority", "number"): "mean",
    ("majority", "labels"): "same",
    ("majority", "excerpt"): "words",
    ("majority", "words"): "unigram",
    ("probe", "words"): "before",
}
_SHARES = (  # metrics that are shares of one
    *("accuracy", "macro_f1", "f1", "precision", "recall"),
    *("micro_f1", "subset_accuracy", "ranking_precision"),
    *("exact_match", "f1_answered", "found_unanswered"),
)


def heading(panel: str, say: Say) -> Html:
    """The panel's title and what it is for."""
    return joined(element("h2", say(f"{panel}.title")), element("p", say(f"{panel}.subtitle"), cls="subdued"))


def chooser(runs: Sequence[Data], chosen: str, say: Say, id: str = "result-run") -> Html:
    """A list of the runs that have a result, and of the chosen one in any case. `id` is the element's."""
    listed = [run for run in runs if run["value"] is not None or run["run"] == chosen]
    options = [element("option", say("result.choose.none"), value="")] if not listed else []
    options += [element("option", _named(run, say), value=run["run"], selected=run["run"] == chosen) for run in listed]
    select = element("select", options, id=id, disabled=not listed)
    return element("div", element("label", say("result.choose"), for_=id), select, cls="result-chooser")


def _named(run: Data, say: Say) -> Html:
    if run["value"] is None:
        return text(say("result.choose.live", name=run["name"], status=status_word(run["status"], say)))
    return text(f"{run['name']} · {metric_word(str(run['metric']), say)} {number(str(run['metric']), run['value'])}")


def state(run: Data | None, say: Say) -> Html:
    """Why there is no result (yet); nothing where there is one. `run` is the run's record."""
    if run is None:
        return nothing_yet(say, "run")
    status = str(run["status"])
    if run["metrics"] and status not in (*AT_WORK, "queued"):
        return joined()
    if status in AT_WORK:
        what = say("result.work", status=status_word(status, say))
        return notice(what, say("result.work.next"), "info", _steps(run, say))
    kind = "error" if status == "failed" else "warning" if status in ("stopped", "interrupted") else "info"
    return notice(say(f"result.{status}"), say(f"result.{status}.next"), kind)


def _steps(run: Data, say: Say) -> Html:
    if not run["total_steps"]:
        return joined()
    done = element("progress", value=run["step"], max=run["total_steps"], aria_label=run["name"])
    count = element("span", f"{run['step']:,} / {run['total_steps']:,}", cls="numbers")
    return element("p", badge(str(run["status"]), say), done, count, cls="result-steps")


def headline(summary: Data, say: Say) -> Html:
    """The main number with its interval, beside the baselines, and what can honestly be said of it."""
    main, value = str(summary["main"]), summary["value"]
    if value is None:
        return joined()
    figure = element(
        "div",
        element("p", metric_word(main, say), cls="result-metric"),
        element("p", number(main, value), cls="big-number"),
        element("p", _means(main, str(summary["answer"]), say), cls="subdued"),
        element("p", _measured_on(summary, say), cls="subdued"),
        element("p", interval(main, summary["interval"], say), cls="subdued") if summary["interval"] else None,
        cls="result-figure",
    )
    bars = element("div", element("h3", say("result.compared")), _bars(summary, say), verdicts(summary, say))
    return element("section", figure, bars, cls="result-head card", aria_label=metric_word(main, say))


def _means(metric: str, answer: str, say: Say) -> str:
    """What a metric says of answers of this form ("spans", "words", ...; "" for any); empty where its name says it."""
    keys = (f"result.means.{answer}.{metric}", f"result.means.{metric}")
    return next((say(key) for key in keys if key in WORDS), "")


def _measured_on(summary: Data, say: Say) -> str:
    if not summary["rows"]:
        return say("result.on.none")
    return say(f"result.on.{summary['split']}", rows=f"{summary['rows']:,}")


def interval(metric: str, found: Sequence[float], say: Say) -> str:
    return say("result.interval", low=number(metric, found[0]), high=number(metric, found[1]))


def _bars(summary: Data, say: Say) -> Html:
    """One bar each for the model and what it is compared with; the model's has its interval drawn on it."""
    main = str(summary["main"])
    rows = [_bar(say("result.this"), main, summary["value"], summary["interval"], own=True)]
    for name in BASELINES:
        value = (summary["baseline"].get(name) or {}).get(main)
        if value is not None:
            rows.append(_bar(say(f"result.{_called(name, summary)}"), main, value, None))
    return element("ul", rows, cls="result-bars")


def _called(baseline: str, summary: Data) -> str:
    """Who knows nothing says the most frequent class, the mean of the numbers, the same labels for every row, or what
    the words suggest; and of hidden words the network says something before it is trained."""
    return _KNOWING_NOTHING.get((baseline, str(summary.get("answer"))), baseline)


def _bar(name: str, metric: str, value: float, span: Sequence[float] | None, own: bool = False) -> Html:
    style = f"--value:{_percent(value)}" + (f";--low:{_percent(span[0])};--high:{_percent(span[1])}" if span else "")
    whisker = element("i", cls="whisker") if span else None
    drawn = element("span", element("i", cls="fill"), whisker, cls="bar", style=style, aria_hidden="true")
    shown = element("span", number(metric, value), cls="figure")
    return element("li", element("span", name, cls="name"), drawn, shown, cls="own" if own else "other")


def _percent(share: float) -> str:
    return f"{100 * min(1.0, max(0.0, share)):.2f}%"


def verdicts(summary: Data, say: Say) -> Html:
    """Sentences: first what speaks for the model, then what speaks against believing the number."""
    told = [element("li", sentence, cls="good") for sentence in _praise(summary, say)]
    told += [element("li", text(_verdict(verdict, say), 600), cls="caution") for verdict in summary["verdicts"]]
    return element("ul", told, cls="result-verdicts") if told else joined()


def _praise(summary: Data, say: Say) -> list[str]:
    """The baselines that lie below the whole interval."""
    low = summary["interval"][0] if summary["interval"] else None
    found = {name: (summary["baseline"].get(name) or {}).get(summary["main"]) for name in BASELINES}
    beaten = [name for name, value in found.items() if low is not None and value is not None and value < low]
    return [say(f"result.better.{_called(name, summary)}") for name in beaten]


def _verdict(verdict: Data, say: Say) -> str:
    key = f"result.verdict.{verdict['code']}"
    metric = str(verdict["values"].get("metric", "accuracy"))
    values = {name: number(metric, v) if isinstance(v, float) else v for name, v in verdict["values"].items()}
    return say(key, **values) if key in WORDS else str(verdict["message"])


def metrics_table(columns: Sequence[tuple[str, Data]], say: Say, answer: str = "") -> Html:
    """Metrics by name, one column each for what they were measured on: its title and its numbers. `answer` is the form
    of the answers that were measured."""
    columns = [(title, metrics) for title, metrics in columns if metrics]
    names = list(
        dict.fromkeys(name for _, metrics in columns for name in metrics if name not in ("n", "interval", "main"))
    )
    if not columns:
        return joined()
    heads = [element("th", text(title, 60), scope="col", cls="number") for title, _ in columns]
    rows = [_metric_row(name, answer, [metrics.get(name) for _, metrics in columns], say) for name in names]
    counts = [element("td", f"{metrics.get('n', 0):,}", cls="number") for _, metrics in columns]
    rows.append(element("tr", element("th", say("result.rows"), scope="row"), counts))
    return table(say("result.metrics"), [element("tr", element("td"), heads)], rows, cls="result-metrics")


def _metric_row(name: str, answer: str, values: Sequence[float | None], say: Say) -> Html:
    cells = [element("td", number(name, value), cls="number") for value in values]
    return element(
        "tr", element("th", metric_word(name, say), scope="row", title=_means(name, answer, say) or None), cells
    )


def table(caption: str | Html, head: Sequence[Html], rows: Sequence[Html], cls: str = "") -> Html:
    """A table of ours in a box that scrolls where it is too wide."""
    parts = (element("caption", caption), element("thead", head), element("tbody", rows))
    return element("div", element("table", *parts, cls="studio"), cls=f"table-box {cls}")


def metric_word(metric: str, say: Say) -> str:
    """A metric as people call it."""
    key = f"result.metric.{metric}"
    return say(key) if key in WORDS else metric.replace("_", " ").capitalize()


def certainty(score: float) -> str:
    """How sure a model is; never quite certain, as rounding would have it."""
    return f"{min(99.9, 100 * score):.1f} %"


def number(metric: str, value: float | None) -> str:
    """A metric's value: shares as percentages, everything else with three digits."""
    if value is None:
        return "–"
    return percent(value) if metric in _SHARES else figure(value)
