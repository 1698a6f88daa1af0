"""The words for texts without labels, and for guesses at words that are missing in them."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "data.say.plain": ("read the language of", "阅读语言，文本取自"),
    "data.unlabelled": ("texts without labels", "没有标注的文本"),
    "result.metric.perplexity": ("Perplexity", "困惑度"),
    "result.means.words.accuracy": (
        "the share of hidden words that it guesses first",
        "被遮盖的词中，第一个猜测就正确的比例",
    ),
    "result.means.perplexity": (
        "among how many equally likely words it wavers at each hidden one: less is better",
        "对每个被遮盖的词，相当于在多少个同样可能的词之间犹豫：越小越好",
    ),
    "result.unigram": ("Always the most frequent word", "总猜最常见的词"),
    "result.before": ("The network before", "训练之前的网络"),
    "result.better.unigram": (
        "Clearly better than always guessing the most frequent word.",
        "明显好于总猜最常见的词。",
    ),
    "result.better.before": ("Clearly better than the network was before.", "明显好于训练之前的网络。"),
    "result.verdict.no_better_than_unigram": (
        "Not clearly better than always guessing the most frequent word ({value} against {baseline}).",
        "并不明显好于总猜最常见的词（{value} 对 {baseline}）。",
    ),
    "result.verdict.no_better_than_before": (
        "Not clearly better than the network was before ({value} against {baseline}).",
        "并不明显好于训练之前的网络（{value} 对 {baseline}）。",
    ),
    "result.gap": ("Gap {number}", "空格 {number}"),
    "result.gaps": ("{right} of {count} hidden words guessed first", "{count} 个遮盖的词中猜对 {right} 个"),
    "result.try.gap.info": (
        "Write [MASK], or three underscores, where a word is missing. Enter asks the model.",
        "在缺词处写 [MASK] 或三个下划线，按回车键提问。",
    ),
}
CHINESE: dict[str, str] = {
    "metric.perplexity": "困惑度",
    "task.masked_language_modeling": "文本语言（遮盖词）",
    "option.mask_share": "遮盖比例",
    "help.mask_share": "被遮盖并要猜出的词元所占的比例。",
    "option.whole_words": "整词遮盖",
    "help.whole_words": "遮盖整个词而不是单个词元：更难，对以词为单位的任务更好。",
    "finding.cut_texts": "有 {n} 条文本较长，已在句末切成几行。",
    "guide.masked_language_modeling": (
        "不需要标注：在纯文本中遮盖一些词让网络去猜，使它熟悉这类文本的语言。训练结果可以作为其他任务的起点。"
        "\n\n文件：纯文本（每行一条文本），或者任何含有文本列的表格（text、sentence、content 等）。只有一列文本时"
        "会自动选择此任务；有标签的表格也可以使用，标签会被忽略。\n\n    今天上午，我们在会议室讨论了新的方案。"
        "\n    这家店的服务很好，下次还会再来。\n\n很长的文本会在句末切成几行，全部都会读到。"
    ),
}
