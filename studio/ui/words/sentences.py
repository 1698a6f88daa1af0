"""What the core says in English sentences, in Chinese: obstacles, what keeps a run from starting, failed imports.

Each entry is a sentence of the core with names in place of what it fills in, and the same in Chinese with the same
names. A test holds every entry against the core's source, so that a sentence that is reworded there is noticed.
"""

from __future__ import annotations

from studio.ui.words.imports import IMPORTS
from studio.ui.words.life import LIFE
from studio.ui.words.refusals import REFUSALS
from studio.ui.words.several import SENTENCES as SEVERAL
from studio.ui.words.skips import SKIPS

_CHOICES = {
    "This run is not possible as asked.": "按这样的选择无法训练。",
    "Choose a dataset first.": "请先选择数据集。",
    "The dataset '{name}' was read for {read}, not for {wanted}: import the file again with --task {task}.": (
        "数据集“{name}”是按“{read}”读取的，不是“{wanted}”：请把文件重新导入，任务选 {task}。"
    ),
    "{model} reads {modality}s, but {task} needs a network for {wanted}s: {able}.": (
        "{model} 读的是{modality}，而“{task}”需要读{wanted}的网络：{able}。"
    ),
    "{family} cannot be used for {task}.": "{family} 不能用于“{task}”。",
    "Names of labels are of no help with {task}: it takes single texts with one class each.": (
        "标签名称对“{task}”没有帮助：它只适用于每条文本一个类别的数据。"
    ),
    "Bottlenecks stand beside the feed-forward layers of a text encoder, and {family} have none.": (
        "瓶颈适配器放在文本编码器的前馈层旁，而 {family} 没有这样的层。"
    ),
    "A prompt stands before the words of a text, and {family} read none.": (
        "软提示放在文本的词前面，而 {family} 不读文本。"
    ),
    "The final layer alone cannot be trained for {task}: it is the table of the words' vectors.": (
        "“{task}”不能只训练最后一层：它就是词向量表本身。"
    ),
    "A prompt cannot be tuned for {task}.": "软提示不能用于“{task}”。",
    "What the method '{method}' leaves cannot be folded into the network: it is of use beside it alone.": (
        "方法“{method}”留下的东西不能并入网络：它只能放在网络旁使用。"
    ),
    "Start from the weights that it began with.": "请从它最初的权重开始。",
    "{option} cannot be {value}: it takes {allowed}.": "{option} 不能是 {value}：可用的是{allowed}。",
    "{option} is for {modality}s, and {task} reads none.": "{option} 只对{modality}有用，而“{task}”不读{modality}。",
    "{option} has no effect with the method {method}.": "{option} 对方法 {method} 不起作用。",
    "{option} has no effect with the task {task}.": "{option} 对任务 {task} 不起作用。",
    "devices={count} is more than there is: GPUs that a run can have here: {there}.": (
        "devices={count} 超过了现有的数量：这里一次训练可用的 GPU 数为 {there}。"
    ),
    "devices={count} is for GPUs of NVIDIA and for processors, and this run is for {first}.": (
        "devices={count} 只用于 NVIDIA 的 GPU 和处理器，而这次训练用的是 {first}。"
    ),
    "batch_size={size} is too small for devices={count}: each needs two examples of every step or more.": (
        "对 devices={count} 来说 batch_size={size} 太小：每个设备每一步至少需要两个样本。"
    ),
    "This method tunes batch normalisation with two images a step or more: choose a larger batch_size.": (
        "此方法会调整批归一化，每一步至少需要两张图像：请选更大的 batch_size。"
    ),
    "batch_norm=tuned needs two images in every step: choose a larger batch_size or another batch_norm.": (
        "batch_norm=tuned 每一步至少需要两张图像：请选更大的 batch_size 或其他 batch_norm。"
    ),
    "There is no {kind} named '{name}'.": "没有名为“{name}”的{kind}。",
    "Known: {names}.": "已有：{names}。",
    "There is no {kind} yet.": "还没有{kind}。",
    "Did you mean '{name}'?": "是不是“{name}”？",
    "{model} is not on this machine, and downloads are switched off (HF_HUB_OFFLINE).": (
        "{model} 不在本机，而下载已关闭（HF_HUB_OFFLINE）。"
    ),
    "It does not know {share} of the words and characters in these texts.": "这些文本中有 {share} 的词和字它不认识。",
    "These models work offline: {names}.": "这些模型不需要网络：{names}。",
    "The package {name} is not installed.": "没有安装软件包 {name}。",
    "The folder assets/{name} of the studio is missing or not whole.": "工作室的文件夹 assets/{name} 缺失或不完整。",
    "The starter network learned from pictures of ImageNet, which are given for non-commercial research"
    " and teaching only.": "自带的网络是用 ImageNet 的图片训练的，这些图片只供非商业的研究和教学使用。",
    "Whether a model that is trained from it may be used for anything else is not settled:"
    " where that matters, start from other weights.": (
        "由它训练出的模型能否用于其他目的尚无定论；若有要求，请从其他权重开始。"
    ),
    "Downloaded once, at its first use: {size} MB.": "首次使用时下载一次：{size} MB。",
    "Models of the kind '{kind}' cannot be trained here.": "这里不能训练“{kind}”类的模型。",
    "It lies in {folder}.": "位置：{folder}。",
    "Supported: {names}.": "支持：{names}。",
    "The run cannot be trained further.": "不能从这次训练继续。",
    "It was stopped without keeping a model.": "它停止时没有保留模型。",
    "Resume it first.": "请先继续那次训练。",
    "There is no model in the folder {folder}.": "文件夹 {folder} 中没有模型。",
    "A model is a config.json and weights named {file}; other formats are not read.": (
        "模型由 config.json 和名为 {file} 的权重组成；其他格式不会读取。"
    ),
    "Name the folder that save_pretrained of transformers wrote.": (
        "请填写 transformers 的 save_pretrained 写出的文件夹。"
    ),
    "The model hub could not be asked, either.": "也无法询问模型库。",
    "Could not reach the model hub.": "无法连接模型库。",
    "There is no connection to {address}.": "连接不上 {address}。",
    "The model hub is switched off here.": "这里关闭了模型库。",
    "HF_HUB_OFFLINE is set.": "设置了 HF_HUB_OFFLINE。",
    "The model '{name}' cannot be used.": "模型“{name}”无法使用。",
    "The model hub has no model '{name}' for us.": "模型库没有可供使用的模型“{name}”。",
    "It does not exist there, or it is private, or its authors want to be asked first.": (
        "它不存在，或是私有的，或需要先向作者申请。"
    ),
    "Check the name. For a model that asks for an account, set HF_TOKEN to a token of yours.": (
        "请检查名称。需要账号的模型，请把 HF_TOKEN 设为你的令牌。"
    ),
    "Its authors offer no weights in the safetensors format, and other formats can carry hidden programs.": (
        "作者没有提供 safetensors 格式的权重，而其他格式可能夹带程序。"
    ),
    "Choose a model that has a file named model.safetensors.": "请选择带有 model.safetensors 文件的模型。",
    "The model cannot be used.": "模型无法使用。",
    "Programs of strangers are never run here.": "这里从不运行陌生人的程序。",
    "Choose a model of one of the standard architectures.": "请选择标准结构的模型。",
}

_WARNINGS = {
    "{model} does not know {share} of the words and characters in these texts, so it can learn little from them.": (
        "{model} 不认识这些文本中 {share} 的词和字，学不到多少。"
    ),
    "Models that can read {language}: {names}.": "能读{language}的模型：{names}。",
    "{count} of {rows} validation rows are also among the rows trained on.": (
        "{rows} 行验证数据中有 {count} 行也出现在训练数据里。"
    ),
    "{count} of {rows} test rows are also among the rows trained or chosen on.": (
        "{rows} 行测试数据中有 {count} 行也出现在训练或验证数据里。"
    ),
    "Scores look better than they are.": "得分会显得过高。",
    "There are only {rows} rows to train on.": "训练数据只有 {rows} 行。",
    "There are only {rows} rows to train on, for {classes} classes.": "训练数据只有 {rows} 行，却有 {classes} 个类别。",
    "Expect a weak model, and look at its mistakes before you trust it.": "模型会比较弱，使用前请看看它的错误。",
    "The run needs about {needed} GB of memory, and {free} GB are free now.": (
        "这次训练约需 {needed} GB 内存，现在空闲 {free} GB。"
    ),
    "Close other programs, or choose a smaller model or a lighter method.": (
        "请关闭其他程序，或选择更小的模型或更轻的方法。"
    ),
    "Only {rows} rows are held out for the test: its score may be off by up to {share} either way.": (
        "测试数据只有 {rows} 行：得分可能上下偏差 {share}。"
    ),
    "'{common}' has {many} rows and '{rare}' has {few}: the model may never answer with the rare classes.": (
        "“{common}”有 {many} 行，“{rare}”只有 {few} 行：模型可能从不回答少见类别。"
    ),
    "Set class_weights to balanced, and look at macro F1 rather than at accuracy.": (
        "请把 class_weights 设为 balanced，并看宏平均 F1 而不是准确率。"
    ),
    "At least {share} of the texts are longer than {limit} tokens, and what comes after them is not read.": (
        "至少 {share} 的文本超过 {limit} 个词元，后面的部分不会被读到。"
    ),
    "Raise max_length, or leave it unset.": "请调大 max_length 或不设置。",
    "{share} of the file's rows could not be used ({count} rows), and the model will not learn from them.": (
        "文件中有 {share} 的数据无法使用（{count} 行），模型不会学到它们。"
    ),
    "The dataset's page says why.": "原因见“数据”面板。",
}

_GAPS = {
    "The text has no blank.": "文本中没有空格需要猜测。",
    "Write ___ in the place of each word to guess.": "请在每个要猜的词处写 ___。",
    "The blank stands where the model does not read any more.": "空格处在模型读不到的位置。",
    "Give a shorter text.": "请给较短的文本。",
}

_ROOM = {
    "There is not enough room on the disk.": "磁盘空间不足。",
    "The run needs about {needed} MB and {free} MB are free.": "这次训练约需 {needed} MB，现有 {free} MB。",
    "Delete old runs or name another workspace.": "请删除旧的训练，或改用别的工作区。",
    "The disk is full.": "磁盘已满。",
    "The disk quota is used up.": "磁盘配额已用完。",
    "The file is larger than may be written here.": "文件大于此处允许写入的大小。",
    "Name another folder with --workspace or STUDIO_WORKSPACE, or ask who set the limit.": (
        "请用 --workspace 或 STUDIO_WORKSPACE 指定另一个文件夹，或询问设置该限制的人。"
    ),
    "Free some space, then try again; nothing that was complete is lost.": "请腾出空间再试；已完成的内容都不会丢失。",
    "The folder is read-only.": "文件夹是只读的。",
    "The folder does not let us write.": "文件夹不允许写入。",
    "Name a folder that can be written to with --workspace or STUDIO_WORKSPACE.": (
        "请用 --workspace 或 STUDIO_WORKSPACE 指定可写的文件夹。"
    ),
    "Name another with --workspace or STUDIO_WORKSPACE.": "请用 --workspace 或 STUDIO_WORKSPACE 另外指定。",
    "The cost could not be measured.": "无法测量代价。",
    "The measuring process ended without a word, most likely for lack of memory.": "测量进程意外结束，多半是内存不足。",
    "Try a smaller model, or LoRA instead of full.": "请换小一些的模型，或用 LoRA 代替全量。",
}

_RUNS = {
    "There is no run '{name}'.": "没有训练“{name}”。",
    "There is no dataset '{name}'.": "没有数据集“{name}”。",
    "{count} runs are called '{name}'.": "有 {count} 次训练叫“{name}”。",
    "They are {names}.": "它们是：{names}。",
    "Give the id of the one that is meant.": "请用编号指明是哪一次。",
    "'runs' lists them.": "“全部训练”面板列出它们。",
    "'datasets' lists them.": "“数据”面板列出它们。",
    "The run {run} cannot be read.": "训练 {run} 无法读取。",
    "It was made by a newer version, is damaged, or was just deleted.": "它由更新的版本创建、已损坏，或刚被删除。",
    "Use the version that made it.": "请使用创建它的版本。",
    "The run cannot be {action}: it is {status}.": "不能这样做（{action}）：训练的状态是“{status}”。",
    "The run cannot be deleted while it is at work.": "训练进行中，不能删除。",
    "Stop it first.": "请先停止它。",
    "The run cannot be deleted: other runs started from its model.": "不能删除：其他训练以它的模型为起点。",
    "The run cannot be resumed: other runs started from its model.": "不能继续：其他训练以它的模型为起点。",
    "Clone its settings into a new run, or delete those first.": "请用它的设置另开一次训练，或先删除那些训练。",
    "They need it to be used: {names}.": "它们使用时需要它：{names}。",
    "The dataset '{name}' cannot be deleted: runs use it.": "不能删除数据集“{name}”：有训练在使用它。",
    "They need it to be resumed and looked at: {names}.": "它们继续和查看时需要它：{names}。",
    "Delete those first.": "请先删除那些训练。",
    "The method changes the network itself, so there is no adapter beside it.": (
        "这种方法改动的是网络本身，没有适配器。"
    ),
    "The run is still at work: there is a model when it is finished, or stopped and kept.": (
        "训练还在进行：完成或停止并保留之后才有模型。"
    ),
    "The run is {status}: resume it, and let it finish.": "训练的状态是“{status}”：请继续并等它完成。",
    "The run was stopped, and no model was kept.": "训练已停止，没有保留模型。",
    "Something went wrong on our side (error id {number}).": "工作室内部出错（错误编号 {number}）。",
    "This is a mistake in the studio, not in what you asked for.": "这是工作室的错误，与你的操作无关。",
    "Please report it with the lines under this id in the workspace's {file}.": (
        "请附上工作区 {file} 中这个编号下的内容报告它。"
    ),
}

_PAGE = {
    "non-commercial research": "仅供非商业研究",
    "not stated": "未注明",
    "CPU, {count} threads": "CPU，{count} 线程",
    "Apple GPU": "苹果 GPU",
    "No run is chosen.": "没有选择训练。",
    "Choose one, or start one in the panel Train.": "请选择一个，或在“训练”面板开始一个。",
    "This model is not on the menu.": "菜单中没有这个模型。",
    "Choose one of the cards.": "请从卡片中选择。",
    "A run needs a name.": "训练需要名称。",
    "Type one, then rename again.": "请输入名称，再重命名。",
    "The name is too long.": "名称太长。",
    "It may have {count} characters.": "最多 {count} 个字符。",
    "There is no file.": "没有文件。",
    "Choose one, then try again.": "请选择一个，再试一次。",
    "The file is no longer at hand.": "文件已不在手边。",
    "Drop it again.": "请重新拖放。",
    "This finding is no longer there.": "这条诊断已经不在。",
    "Look at the run again.": "请重新查看这次训练。",
}

SENTENCES: dict[str, str] = (
    _CHOICES | _WARNINGS | _GAPS | _ROOM | _RUNS | IMPORTS | REFUSALS | SKIPS | _PAGE | LIFE | SEVERAL
)
