"""The words for numbers that are learned: their data, and how well they are said."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "data.say.number": ("read", "根据"),
    "data.say.number.between": ("and say the", "预测"),
    "data.numbers": ("numbers from {low} to {high}, {mean} in the mean", "数值 {low} 至 {high}，平均 {mean}"),
    "data.numbers.title": ("The numbers", "数值分布"),
    "data.numbers.histogram": (
        "How many rows have which number, from {low} to {high}",
        "各数值的行数，从 {low} 到 {high}",
    ),
    "result.metric.pearson": ("Pearson correlation", "皮尔逊相关系数"),
    "result.metric.spearman": ("Spearman correlation", "斯皮尔曼相关系数"),
    "result.metric.rmse": ("Typical error (RMSE)", "典型误差（RMSE）"),
    "result.means.pearson": (
        "how well answers and truth lie on one line: 1 is perfect, 0 is no relation",
        "回答与真实值在一条直线上的程度：1 为完美，0 为无关",
    ),
    "result.means.spearman": (
        "how well the answers put the rows into their true order: 1 is perfect",
        "回答的高低顺序与真实顺序的一致程度：1 为完美",
    ),
    "result.means.rmse": (
        "the root of the mean squared error, in the unit of the numbers; lower is better",
        "均方根误差，单位与数值相同，越低越好",
    ),
    "result.mean": ("Always answering the mean", "总是回答平均值"),
    "result.better.mean": ("Clearly better than always answering the mean.", "明显好于总是回答平均值。"),
    "result.verdict.no_better_than_mean": (
        "Not clearly better than always answering the mean ({value} against {baseline}).",
        "并不明显好于总是回答平均值（{value} 对 {baseline}）。",
    ),
    "result.scatter": ("What is true, and what it says", "真实值与回答"),
    "result.scatter.caption": (
        "Each point is a held-out row: to the right what is true, upwards what the model said. On the line they agree.",
        "每个点是一行留出的数据：向右为真实值，向上为模型的回答；在线上表示一致。",
    ),
    "result.scatter.told": (
        "{count} rows from {low} to {high}: true numbers against the answers",
        "{count} 行，从 {low} 到 {high}：真实值与回答的对比",
    ),
    "result.number.error": (
        "Typical error on the held-out rows: {error} up or down.",
        "在留出数据上的典型误差：上下 {error}。",
    ),
    "result.off": ("off by {off}", "相差 {off}"),
    "result.largest": ("Largest errors", "误差最大的数据"),
}
CHINESE: dict[str, str] = {
    "metric.pearson": "皮尔逊相关系数",
    "metric.spearman": "斯皮尔曼相关系数",
    "metric.rmse": "均方根误差",
    "task.text_regression": "文本打分",
    "task.text_pair_regression": "文本对打分",
    "role.number": "数值",
    "finding.doubtful_numbers": (
        "有 {n} 个数值的逗号或点可能是千位分隔符，也可能是小数点。请核对数值；不对时请设置小数点的写法。"
    ),
    "finding.empty_numbers": "有 {n} 行没有可读的数值，无法使用。",
    "split_note.Split at random: 80 % train, 10 % valid, 10 % test.": ("随机划分：80% 训练，10% 验证，10% 测试。"),
}
