"""How a file has to look, task by task, in Chinese; in English the pages in docs/tasks say it."""

from __future__ import annotations

WORDS: dict[str, tuple[str, str]] = {"data.guide": ("What a file looks like, task by task", "各任务的文件格式")}
CHINESE: dict[str, str] = {
    "guide.text_classification": (
        "把每条文本归入一个类别。每行一条文本及其类别；支持 CSV、TSV、Excel、JSON Lines、JSON、Parquet、A"
        "rrow，以及 fastText 格式。\n\n列：文本（表头如 text、sentence、review、content）和类别（label、c"
        "ategory、class 等）。表头不同也没关系，可以在上面的句子里更正。\n\n    text,label\n    我的快递怎"
        "么还没到？,物流\n    这件衣服可以退货吗？,退款\n\n关系抽取也用这个任务：在句子中用 [E1]…[/E1] 和"
        " [E2]…[/E2] 标出两个实体，类别就是它们的关系。"
    ),
    "guide.text_pair_classification": (
        "比较两条文本并归入一个类别，例如蕴含、是否同义、是否匹配。每行一对文本及其类别。\n\n列：第一条文"
        "本（sentence1、text_a、premise、question1、句子1 等）、第二条文本（sentence2、text_b、hypothesis"
        "、question2、句子2 等）和类别（label、标签 等）。表头如此时会自动识别为文本对。\n\n    句子1,句子"
        "2,标签\n    人民军队在抢险救灾中发挥了巨大的作用,人民军队能够保卫祖国,entailment\n\n一对文本算作"
        "一个输入：两条都相同才算重复。太长时先截去较长的一条。"
    ),
    "guide.text_regression": (
        "给每条文本一个数值，例如评分、难度、价格。每行一条文本及其数值。\n\n列：文本（text、review 等）和"
        "数值（score、rating、评分、分数 等，小数点或小数逗号均可）。这样的表头下是小数时会自动识别；1 到"
        " 5 的整数也可能是类别，需要自己选择此任务。\n\n    文本,评分\n    房间很干净，早餐也丰富。,4.5\n"
        "    等了一个小时，汤还是凉的。,1.5"
    ),
    "guide.text_pair_regression": (
        "给每对文本一个数值，例如相似度。每行一对文本及其数值。\n\n列：第一条文本（sentence1、句子1 等）、"
        "第二条文本（sentence2、句子2 等）和数值（score、similarity、相似度 等）。\n\n    sentence1,sente"
        "nce2,score\n    A plane is taking off.,An air plane is taking off.,5.0"
    ),
    "guide.token_classification": (
        "给文本中的每个词一个标注，例如人名、地名、机构名。可用 CoNLL 文件（每行一个词和它的标注，句子之间"
        "空一行），或带有两个列表的 JSON Lines、JSON、Parquet、Arrow。\n\n列：词（tokens、words）和标注（"
        "tags、ner_tags、labels、ner）。\n\n    北 B-LOC\n    京 I-LOC"
    ),
    "guide.image_classification": (
        "把每张图像归入一个类别。可用 zip、tar 或文件夹，每个类别一个子文件夹；也可以在图像旁放一个写明文"
        "件名和类别的表格。\n\n    train/披萨/001.jpg\n    train/茶壶/002.jpg\n    test/披萨/101.jpg\n\n名"
        "为 train、valid、test 的文件夹会作为划分使用。"
    ),
}
