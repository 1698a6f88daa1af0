"""The words for answers that are any number of labels."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "data.say.several": ("give each", "给每个"),
    "data.say.several.between": ("all its", "标出所有的"),
    "result.metric.micro_f1": ("Micro F1", "微平均 F1"),
    "result.metric.subset_accuracy": ("All labels right", "标签全对的比例"),
    "result.metric.ranking_precision": ("Ranking precision", "排序精确率"),
    "result.means.micro_f1": (
        "F1 of all decisions together: frequent labels count more",
        "所有判断合在一起的 F1：常见标签的影响更大",
    ),
    "result.means.subset_accuracy": (
        "the share of rows whose labels are all right, none missing and none too many",
        "标签完全正确、不多不少的数据所占的比例",
    ),
    "result.means.ranking_precision": (
        "how far up in the order of its probabilities a row's labels stand: 1 is perfect; no threshold is needed",
        "一行的标签在概率排序中有多靠前：1 为完美；与阈值无关",
    ),
    "result.same": ("The same labels for every row", "每行给同样的标签"),
    "result.better.same": ("Clearly better than giving every row the same labels.", "明显好于给每行同样的标签。"),
    "result.verdict.no_better_than_same": (
        "Not clearly better than giving every row the same labels ({value} against {baseline}).",
        "并不明显好于给每行同样的标签（{value} 对 {baseline}）。",
    ),
    "result.threshold": ("Threshold", "阈值"),
    "result.labels.none": ("No label reaches its threshold.", "没有标签达到阈值。"),
    "result.labels.mark": (
        "The mark on each bar is the label's threshold, chosen on the validation rows: from there on it is answered.",
        "每条上的标记是该标签的阈值，由验证数据选定：达到它才给出这个标签。",
    ),
    "result.labels.from": ("from {threshold} on", "从 {threshold} 起"),
    "result.labels.missed": ("missed", "漏掉"),
    "result.labels.extra": ("too much", "多给"),
    "result.labels.without": ("no label", "无标签"),
    "result.counts": ("Decisions on each label", "每个标签的判断"),
    "result.counts.caption": (
        "Each label is a decision of its own. Numbers open the rows they count.",
        "每个标签单独判断。点数字可查看对应的数据。",
    ),
    "result.counts.name": ("Label", "标签"),
    "result.counts.hit": ("given rightly", "给对"),
    "result.counts.missed": ("missed", "漏掉"),
    "result.counts.extra": ("given wrongly", "给错"),
    "result.counts.left": ("rightly left out", "正确地没给"),
    "result.of.hit": ("rightly given {label}", "正确给出 {label}"),
    "result.of.missed": ("{label} missed", "漏掉 {label}"),
    "result.of.extra": ("wrongly given {label}", "错误给出 {label}"),
}
CHINESE: dict[str, str] = {
    "metric.micro_f1": "微平均 F1",
    "metric.subset_accuracy": "标签全对的比例",
    "metric.ranking_precision": "排序精确率",
    "task.multilabel_classification": "文本多标签",
    "task.image_multilabel_classification": "图像多标签",
    "role.labels": "标签（可多个）",
    "finding.constant_labels": "有 {n} 个标签出现在每一行训练数据中，学不到任何东西。",
    "finding.unlabelled_rows": "有 {n} 行没有标签：模型会学到它们一个标签也不适合。",
    "finding.taken_apart": "标签按分隔符拆开。",
    "guide.multilabel_classification": (
        "给每条文本所有合适的标签，也可以一个都没有，例如文章的主题、留言的情绪。每行一条文本及其标签。\n\n"
        "列：文本（表头如 text、review、comment）和标签（labels、tags、genres、标签 等）。标签可以是列表，可以是用"
        "分号、竖线或逗号隔开的名称，也可以每个标签一列 0 和 1。\n\n    text,labels\n    转账失败,转账;错误\n"
        "    怎样验证身份？,验证\n    你好,\n\n没有标签的行表示一个都不合适，也会被学习；没有人标注过的行请先去掉。"
        "每个标签的阈值由验证数据选定，与模型一起保存。"
    ),
    "guide.image_multilabel_classification": (
        "给每张图像所有合适的标签，也可以一个都没有。可用 zip、tar 或文件夹，图像旁放一个写明文件名和标签的表格"
        "（CSV 或 JSON）：每个标签一列 0 和 1，或一个列表，或用分号隔开的名称。\n\n    file,海滩,狗,日落\n"
        "    001.jpg,1,0,1\n    002.jpg,0,1,0\n\n全为 0 的图像表示一个都不合适；表格中没有的图像会被略去并列出。"
    ),
}
SENTENCES: dict[str, str] = {
    "For all of them, choose a task with several labels.": "要全部学习，请选择多标签任务。",
    "There are fewer than two labels.": "标签少于两个。",
    "All rows together have {count}.": "所有数据一共有 {count} 个。",
    "For yes or no to one thing, import the file for a task with one class for each row.": (
        "若只判断一件事的是与否，请按每行一个类别的任务重新导入。"
    ),
    "Only rows with one class each can be corrected here.": "这里只能更正每行一个类别的数据。",
}
