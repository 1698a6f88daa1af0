"""The words for answers that are pieces of a text: their data, and how well they are found."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "data.say.answers": ("answer a", "回答"),
    "data.say.answers.between": ("from a", "依据"),
    "data.answers": ("answers that stand in their text", "答案是原文中的片段"),
    "data.answers.has": ("with an answer", "有答案"),
    "data.answers.none": ("without an answer", "没有答案"),
    "data.lengths.windows": (
        "{share} of the texts are longer than {limit} {unit}, and are read in several windows.",
        "{share} 的文本超过 {limit} {unit}，会分成几个窗口读完。",
    ),
    "result.metric.exact_match": ("Exact match", "完全匹配率"),
    "result.metric.f1_answered": ("F1 where there is an answer", "有答案时的 F1"),
    "result.metric.found_unanswered": ("Recognised as without an answer", "正确判断为无答案的比例"),
    "result.means.excerpt.f1": (
        "how many words its answers share with the right ones: all of them is 100 %",
        "回答与正确答案有多少词相同：完全相同为 100%",
    ),
    "result.means.exact_match": (
        "share of the questions whose answer is a right one word for word",
        "答案与某个正确答案完全一致的问题比例",
    ),
    "result.words": ("Guessing by the words of the question", "按问题中的词猜测"),
    "result.better.words": (
        "Clearly better than guessing by the words of the question.",
        "明显好于按问题中的词猜测。",
    ),
    "result.verdict.no_better_than_words": (
        "Not clearly better than guessing by the words of the question ({value} against {baseline}).",
        "并不明显好于按问题中的词猜测（{value} 对 {baseline}）。",
    ),
    "result.excerpt.none": ("no answer", "没有答案"),
    "result.excerpt.next": ("The next best", "其次可能的答案"),
    "result.try.role.question": ("Your question", "你的问题"),
    "result.try.role.context": ("The text that answers it", "包含答案的文本"),
}
CHINESE: dict[str, str] = {
    "metric.exact_match": "完全匹配率",
    "metric.f1_answered": "有答案时的 F1",
    "metric.found_unanswered": "无答案判断正确率",
    "task.question_answering": "阅读问答",
    "role.question": "问题",
    "role.context": "原文",
    "role.answers": "答案",
    "role.starts": "答案起始位置",
    "finding.lost_answers": "有 {n} 行的答案不在原文中，无法使用。",
    "guide.question_answering": (
        "在给出的文本中找出问题的答案，或者判断文本中没有答案。可用 SQuAD 格式的 JSON 文件（1.1 或 2.0），也可用每"
        "行一个问题的表格。\n\n列：问题（question、query、问题）、原文（context、passage、paragraph、上下文、文章）"
        "和答案（answer、answers、答案）。答案必须是原文中的片段；答案为空表示原文没有答案。列 answer_start 写明答"
        "案从第几个字符开始，没有时会在原文中查找。\n\n    问题,原文,答案\n    展览在哪里举行？,这次展览在上海博"
        "物馆举行，持续两个月。,上海博物馆\n\n很长的原文会分成互相重叠的窗口读完，不会被截断。"
    ),
}
