"""What the core says of files and choices that it refuses, in English sentences and in Chinese (see `sentences.py`)."""

from __future__ import annotations

_FILES = {
    "{file} has a header but no rows.": "{file} 有表头，但没有数据行。",
    "{file} has no row that fits its header.": "{file} 没有一行与表头的列数相符。",
    "{file} cannot be read.": "{file} 无法读取。",
    "The file cannot be read: {reason}.": "文件无法读取：{reason}。",
    "What reads such files says: {reason}.": "读取程序的原话：{reason}。",
    "It ends too early.": "它过早结束。",
    "Import a part of it.": "请只导入一部分。",
    "Import a part of them.": "请只导入一部分。",
    "The records of {file} hold nothing but lists of objects: {names}.": "{file} 的记录里只有对象列表：{names}。",
    "The records of {file} have no fields.": "{file} 的记录没有字段。",
    "The records have more than {limit} different fields.": "记录的不同字段超过 {limit} 个。",
    "{file} holds no sentence with tags.": "{file} 里没有带标注的句子。",
    "Expected on each line: a word, a space, a tag.": "每行应为：一个词、一个空格、一个标注。",
    "{file} has more than {limit} sentences.": "{file} 超过 {limit} 个句子。",
    "A sentence has more than {limit} words.": "有一个句子超过 {limit} 个词。",
    "It begins on line {line}.": "它从第 {line} 行开始。",
    "Put an empty line between sentences.": "请在句子之间留一个空行。",
    "The tags are numbers, and the file does not say what they mean.": "标注是数字，而文件没有说明它们的含义。",
    "Tags: {names}.": "标注：{names}。",
    'Write the names of the tags in place of their numbers, such as "B-PER", "I-PER" and "O".': (
        "请写标注的名称而不是数字，例如 “B-PER”、“I-PER” 和 “O”。"
    ),
    "The archive is damaged at this file.": "压缩包在这个文件处损坏。",
    "A part of the archive is too large to be read.": "压缩包的一部分过大，无法读取。",
    "Make the archive again.": "请重新打包。",
    "The archive has more than {limit} files.": "压缩包里超过 {limit} 个文件。",
    "Import a part of it, or raise STUDIO_LIMITS_ARCHIVE_MEMBERS.": (
        "请只导入一部分，或调高 STUDIO_LIMITS_ARCHIVE_MEMBERS。"
    ),
    "The files unpack to {size} GB; the limit is {limit} GB.": "文件解压后有 {size} GB，上限是 {limit} GB。",
    "Import a part of them, or raise STUDIO_LIMITS_ARCHIVE_BYTES.": (
        "请只导入一部分，或调高 STUDIO_LIMITS_ARCHIVE_BYTES。"
    ),
    "There is no file in it.": "里面没有文件。",
    "It holds files such as {file}; tables are imported unzipped, one file at a time.": (
        "里面有 {file} 这样的文件；表格请解压后逐个导入。"
    ),
    "{count} images of {width} x {height} pixels take {size} GB; the limit is {limit} GB.": (
        "{count} 张 {width} x {height} 像素的图像占 {size} GB，上限是 {limit} GB。"
    ),
    "Choose a smaller image_size, or import fewer images.": "请把 image_size 调小，或少导入一些图像。",
    "There is not enough room on the disk for the images.": "磁盘空间不够放这些图像。",
    "While importing, {size} GB are needed.": "导入时需要 {size} GB。",
    "Free some space, or choose a smaller image_size.": "请腾出空间，或把 image_size 调小。",
    "The import needs more than the {size} GB of memory it may use.": "导入所需内存超过允许的 {size} GB。",
    "The importer may use {size} GB of memory and {seconds} seconds; it most likely needed more memory.": (
        "导入程序可用 {size} GB 内存和 {seconds} 秒；多半是内存不够。"
    ),
    "The import took longer than {seconds} seconds and was stopped.": "导入超过 {seconds} 秒，已被终止。",
    "The dataset would be larger than {size} GB.": "数据集会超过 {size} GB。",
    "Something went wrong on our side (id {number}).": "工作室内部出错（编号 {number}）。",
    "The import met a case it does not know.": "导入遇到了未知的情况。",
    "The folder 'logs' of the workspace has the details; please report them with the file if you can.": (
        "详情见工作区的 'logs' 文件夹；如果可以，请连同文件一起报告。"
    ),
    "The folder {folder} cannot be read.": "文件夹 {folder} 无法读取。",
    "Correct its permissions or take it out, then import again.": "请改正它的权限或移走它，再重新导入。",
    "There is no file {file}.": "没有文件 {file}。",
    "Check the path, or name a sample: {names}.": "请检查路径，或填写一个示例：{names}。",
    "{file} is neither a file nor a folder.": "{file} 既不是文件也不是文件夹。",
    "Its permissions do not allow it.": "它的权限不允许。",
    "The file {file} cannot be read in another way.": "文件 {file} 不能换一种方式读取。",
    "It has changed since it was imported.": "导入之后它已改变。",
    "It is no longer where it was.": "它已不在原处。",
    "'{folder}' is a folder.": "“{folder}”是文件夹。",
    "Name one folder alone, or archives and images.": "请只给一个文件夹，或给压缩包和图像。",
    "The files have {size} MB together; the limit is {limit} MB.": "文件共 {size} MB，上限是 {limit} MB。",
    "Upload it once more.": "请再上传一次。",
}

_CHOICES = {
    "The column '{name}' holds more than {limit} different values; so many classes are not possible.": (
        "列“{name}”有超过 {limit} 个不同的值，不能有这么多类别。"
    ),
    "If another column holds the classes, name it with --option {option}=COLUMN.": (
        "如果类别在另一列，请在本页的字段中指定（{option}）。"
    ),
    "For all of them, choose a task with several labels.": "若要全部学习，请选择多标签的任务。",
    "Nothing was named that is to be mended.": "没有指明要修复什么。",
    "This dataset has: {names}.": "这个数据集有：{names}。",
    "This dataset has nothing to mend.": "这个数据集没有可修复的。",
    "There is nothing to mend under '{code}'.": "没有名为“{code}”的可修复项。",
    "Only rows with one class each can be corrected here.": "这里只能改正每行一个类别的数据。",
    "No row was named that is to be corrected.": "没有指明要改正哪一行。",
    "There is no row {row}.": "没有第 {row} 行。",
    "The dataset has {count}, counted from 0.": "数据集有 {count} 个，从 0 数起。",
    "There is no class '{label}'.": "没有类别“{label}”。",
    "Name a class that the dataset has.": "请填写数据集中已有的类别。",
    "The task '{task}' has no column '{role}'.": "任务“{task}”没有列“{role}”。",
    "{file} has no column '{name}'.": "{file} 没有列“{name}”。",
    "Its columns: {names}.": "它的列：{names}。",
    "All files of one dataset need the same columns.": "同一数据集的所有文件需要相同的列。",
    "All numbers are the same.": "所有数值都相同。",
    "Every row to train on has {number}.": "每一行训练数据的数值都是 {number}。",
    "Bring other rows.": "请换用其他数据。",
    "No row to train on has an answer.": "没有一行训练数据有答案。",
    "Bring rows that have one in their text.": "请提供答案在原文中的数据。",
    "There are fewer than two labels.": "标签少于两个。",
    "All rows together have {count}.": "所有数据一共只有 {count} 个。",
    "For yes or no to one thing, import the file for a task with one class for each row.": (
        "若只判断一件事的是与否，请选择每行一个类别的任务再导入。"
    ),
    "{count} were skipped, the first at {place}:": "跳过了 {count} 行，第一处在 {place}：",
    "Only the rows of the valid and test files can be used.": "只有验证文件和测试文件的数据可用。",
    "All rows are marked as valid or test.": "所有数据都标为验证或测试。",
    "The files are of different kinds.": "这些文件的类型不同。",
    "Give texts throughout, or images throughout.": "请全部给文本，或全部给图像。",
    "Images in class folders have no columns to name.": "按类别放在文件夹里的图像没有列可指定。",
    "Leave these options out.": "请去掉这些选项。",
    "The option decimal does not take '{value}'.": "选项 decimal 不接受“{value}”。",
    "It is point or comma.": "可用 point 或 comma。",
    "The option delimiter does not take '{value}'.": "选项 delimiter 不接受“{value}”。",
    "It is one character, such as ';', or 'tab'.": "可用单个字符，例如 ';'，或 'tab'。",
    "The option {name} does not take '{value}'.": "选项 {name} 不接受“{value}”。",
    "It is yes or no.": "可用 yes 或 no。",
    "It is a number from {low} to {high}.": "可用 {low} 到 {high} 的数。",
    "There is no import option '{name}'.": "没有导入选项“{name}”。",
    "There is no text encoding named '{name}'.": "没有名为“{name}”的文本编码。",
    "Usual ones: utf-8, gb18030, big5, cp1252, utf-16.": "常用的：utf-8、gb18030、big5、cp1252、utf-16。",
    "The dataset {name} cannot be read.": "数据集 {name} 无法读取。",
    "It was made by a newer version, or is damaged.": "它由更新的版本创建，或已损坏。",
    "Import its file again, or use the version that made it.": "请重新导入它的文件，或使用创建它的版本。",
    "An image cannot be drawn {side} pixels wide.": "图像不能画成 {side} 像素宽。",
    "It can be {low} to {high}.": "可以是 {low} 到 {high}。",
    "There is no image {number}.": "没有图像 {number}。",
    "The dataset has no images.": "数据集没有图像。",
    "It holds texts, or is damaged.": "它是文本数据，或已损坏。",
    "No row of {file} can be used.": "{file} 没有一行可用。",
    "{file} holds images, but the model reads texts.": "{file} 里是图像，而模型读的是文本。",
    "Give a table or a text file.": "请提供表格或文本文件。",
    "{file} holds no images.": "{file} 里没有图像。",
    "Give images, or a folder or zip of images.": "请提供图像，或图像的文件夹或 zip。",
    "{file} holds a table, but the model reads images.": "{file} 里是表格，而模型读的是图像。",
}

REFUSALS = _FILES | _CHOICES
