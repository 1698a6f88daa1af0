"""The words of the shell: title, tabs, run bar, errors, and what several panels share."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {
    "title": ("Fine-tuning studio", "微调工作室"),
    "subtitle": (
        "From a file to a good, explained, downloadable model.",
        "从一个文件，到一个好用、可解释、可下载的模型。",
    ),
    "door.title": ("This studio is not open to everybody", "这个工作室不对所有人开放"),
    "door.token": (
        "Open the address that the studio printed where it was started: it ends in {address}."
        " A program sends the same token in the header {header}.",
        "请打开工作室启动时打印的地址：它以 {address} 结尾。程序请在请求头 {header} 中发送同一个令牌。",
    ),
    "door.patience": (
        "There were too many wrong tries from your address. Wait a minute, then try again.",
        "来自你的地址的错误尝试太多。请等一分钟再试。",
    ),
    "door.login": (
        "Come in with a user name and a password. Whoever set the studio up gave them out.",
        "请用用户名和密码进入，它们由架设工作室的人发放。",
    ),
    "tab.data": ("Data", "数据"),
    "tab.train": ("Train", "训练"),
    "tab.live": ("Live", "实时"),
    "tab.result": ("Result", "结果"),
    "tab.download": ("Download", "下载"),
    "tab.runs": ("Runs", "全部训练"),
    "language": ("Language", "语言"),
    "theme": ("Light or dark", "浅色或深色"),
    "public.banner": (
        "This studio is open to everyone: whoever opens the page sees all datasets and runs, and may delete them. What"
        " you bring stays until somebody does or, where nothing is kept, until a restart. Download your model, and use"
        " a copy of your own for private data.",
        "这个工作室对所有人开放：打开页面的人都能看到并删除全部数据集和训练。"
        "带来的数据会保留到有人删除为止；不保留数据的地方重启后就没有了。请及时下载模型；私有数据请使用自己的副本。",
    ),
    "bar.none": (
        "Nothing is training. Pick a dataset, then press Start.",
        "当前没有训练。请选择数据集，然后点击“开始”。",
    ),
    "bar.label": ("Runs at work and waiting", "正在进行和等待的训练"),
    "bar.waiting": ("{count} waiting", "{count} 个等待中"),
    "bar.more": ("{count} more at work", "另有 {count} 个进行中"),
    "bar.left": ("{time} left", "剩余 {time}"),
    "bar.news": ("{name}: {status}.", "{name}：{status}。"),
    "bar.silent": ("no sign of work", "没有动静"),
    "bar.notify": ("Tell me when a run ends", "训练结束时通知我"),
    "bar.ended": ("last: {name}, {status}", "最近：{name}，{status}"),
    "connection.lost": ("Connection lost. Trying again …", "连接中断，正在重试……"),
    "toast.error": ("This did not work", "操作未成功"),
    "toast.warning": ("Please note", "请注意"),
    "toast.info": ("Note", "提示"),
    "status.queued": ("waiting", "等待中"),
    "status.preparing": ("preparing", "准备中"),
    "status.running": ("training", "训练中"),
    "status.stopping": ("stopping", "停止中"),
    "status.finished": ("finished", "已完成"),
    "status.stopped": ("stopped", "已停止"),
    "status.failed": ("failed", "失败"),
    "status.interrupted": ("interrupted", "已中断"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "none": ("none", "无"),
    "time.seconds": ("{n} s", "{n} 秒"),
    "time.minutes": ("{n} min", "{n} 分钟"),
    "time.hours": ("{n} h {m} min", "{n} 小时 {m} 分"),
    "share.under": ("under 1 %", "不到 1 %"),
    "no.dataset": ("No dataset yet.", "还没有数据集。"),
    "no.dataset.next": ("Drop a file or pick a sample in the panel Data.", "请在“数据”面板中拖入文件或选择示例。"),
    "no.run": ("No run yet.", "还没有训练。"),
    "no.run.next": ("Press Start in the panel Train.", "请在“训练”面板中点击“开始”。"),
}
