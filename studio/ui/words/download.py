"""The words of the panel Download."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "download.title": ("Download", "下载"),
    "download.subtitle": (
        "The model as one zip that works by itself wherever there is Python: no studio, no account.",
        "一个可独立运行的压缩包：有 Python 就能用，无需本工作室，也无需账号。",
    ),
    "download.format.model": ("The model", "完整模型"),
    "download.format.model.for": (
        "For most people: the network, a program that predicts with it, its requirements, a card that describes it.",
        "适合大多数人：权重、分词器或图像设置、可直接预测的程序，以及模型说明。",
    ),
    "download.format.adapter": ("Adapter only", "仅适配器"),
    "download.format.adapter.for": (
        "A few megabytes to share or to keep many of. Needs the starting weights beside it.",
        "只有几兆字节，便于分享或保存多个；使用时还需要初始权重。",
    ),
    "download.format.merged": ("Adapter merged in", "合并适配器"),
    "download.format.merged.for": (
        "One plain network without any adapter: for programs that know nothing of adapters.",
        "不带适配器的普通网络，适合不支持适配器的程序。",
    ),
    "download.build": ("Build the zip", "生成压缩包"),
    "download.building": ("Building {format}", "正在生成：{format}"),
    "download.building.next": (
        "The model is packed with a program that uses it and with rows to test itself. This takes some seconds.",
        "正在把模型、使用它的程序和用于自检的数据打包，需要几秒。",
    ),
    "download.wait": ("Another zip is being built.", "正在生成另一个压缩包。"),
    "download.get": ("Download {name}", "下载 {name}"),
    "download.size": ("Size", "大小"),
    "download.license": ("Licence of the starting weights", "初始权重的许可证"),
    "download.terms": ("Their terms", "使用条件"),
    "download.files": ("{count} files inside", "包含 {count} 个文件"),
    "download.not": ("Not possible here", "此处不可用"),
    "download.use": ("How to use it", "使用方法"),
    "download.use.help": (
        "In a terminal, with Python. The last line checks that the model answers there as it did here.",
        "在装有 Python 的终端中运行。最后一行检查模型在那里的回答与这里一致。",
    ),
    "download.also": ("Also from this run", "这次训练的其他文件"),
    "download.log": ("Log of the training (text)", "训练日志（文本）"),
    "download.predictions": ("Predictions for the held-out rows (CSV)", "留出数据的预测结果（CSV）"),
}
