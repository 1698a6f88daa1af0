"""Why rows and files of an import were left out, in English sentences and in Chinese (see `sentences.py`)."""

from __future__ import annotations

SKIPS = {
    "The text is empty.": "文本是空的。",
    "The label is empty.": "标签是空的。",
    "The row is empty.": "这一行是空的。",
    "One of the texts is empty.": "其中一段文本是空的。",
    "The label is '{label}', which stands for an empty cell.": "标签是“{label}”，它表示空单元格。",
    "The number is missing or cannot be read.": "没有数值，或数值无法读取。",
    "None of its answers stands in the text.": "它的答案都不在原文中。",
    "The column '{column}' says neither train nor valid nor test.": "列“{column}”里写的不是 train、valid 或 test。",
    "The row has no words or no tags.": "这一行没有词，或没有标签。",
    "A word of the row has no tag.": "这一行有一个词没有标签。",
    "The word has no tag; its sentence, which begins on line {first}, is left out.": (
        "这个词没有标签；从第 {first} 行开始的这个句子未被使用。"
    ),
    "The row has {cells} where the first row has {width}.": "这一行的单元格数与第一行不同（{cells} / {width}）。",
    "The entry is not a JSON object.": "这一项不是 JSON 对象。",
    "The line is not a JSON object.": "这一行不是 JSON 对象。",
    "The JSON is nested too deeply.": "JSON 嵌套过深。",
    "The JSON holds a number that is too long.": "JSON 里有一个过长的数字。",
    "The JSON is broken at {spot} ({what}).": "JSON 在{spot}处损坏（{what}）。",
    "The paragraph has no text.": "这一段没有文本。",
    "The entry has no question.": "这一项没有问题。",
    "The image is beside the folders for train, valid and test.": "图像放在 train、valid、test 文件夹之外。",
    "The image is not in a class folder.": "图像不在类别文件夹里。",
    "The name of the image says no class.": "图像的文件名没有说明类别。",
    "The file is not an image of a kind that is read.": "文件不是可读取类型的图像。",
    "There is no image of this name, or more than one.": "没有叫这个名字的图像，或不止一个。",
    "It is not listed in {file}.": "{file} 中没有列出它。",
    "The file is empty.": "文件是空的。",
    "The image has too many pixels.": "图像的像素过多。",
    "The image has no pixels.": "图像没有像素。",
    "The image is damaged ({reason}).": "图像已损坏（{reason}）。",
    "The image has {width} x {height} pixels; the limit is {limit} in total.": (
        "图像有 {width} x {height} 像素；总数上限为 {limit}。"
    ),
    "The file is no {kinds} or {kind} image, or its start is damaged.": (
        "文件不是 {kinds} 或 {kind} 图像，或文件开头已损坏。"
    ),
    "The file is protected by a password.": "文件有密码保护。",
    "The file is packed in an unusual way; only plain and deflated files are read.": (
        "文件的压缩方式不常见；只读取未压缩和 deflate 压缩的文件。"
    ),
    "The file unpacks to more than a thousand times its size.": "文件解压后超过原大小的一千倍。",
    "The file is larger than {size} MB.": "文件大于 {size} MB。",
    "It is not a regular file.": "它不是普通文件。",
    "It is a link, which is not followed.": "它是一个链接，不会跟随。",
    "The name points outside the archive.": "文件名指向压缩包之外。",
    "Archives inside the archive are not opened.": "压缩包里的压缩包不会打开。",
    "The link leads out of the folder.": "链接指向文件夹之外。",
    "Links to folders are not followed.": "指向文件夹的链接不会跟随。",
    "The permissions of the file do not allow reading it.": "文件的权限不允许读取。",
}
