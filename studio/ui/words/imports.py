"""What the core says of imports that fail, in English sentences and in Chinese (see `sentences.py`)."""

from __future__ import annotations

IMPORTS = {
    "{file} is empty.": "{file} 是空的。",
    "Add rows to it, then import it again.": "请加入数据行，再重新导入。",
    "Add rows to it, then upload it again.": "请加入数据行，再重新上传。",
    "{file} is of no kind that is read.": "{file} 不是可读取的类型。",
    "{file} is {kind}, which is not read.": "{file} 是 {kind}，无法读取。",
    "Formats that are read: {formats}.": "可读取的格式：{formats}。",
    "Copy the table into a CSV file, then import that.": "请把表格复制到 CSV 文件，再导入。",
    "Save the data itself, not the page that shows it.": "请保存数据本身，而不是显示它的网页。",
    "Unpack it, then import the file inside.": "请解压，再导入里面的文件。",
    "Unpack it and make a zip, then import that.": "请解压并重新打包成 zip，再导入。",
    "Export the table as CSV, then import that.": "请把表格导出为 CSV，再导入。",
    "Export it as Parquet or CSV, then import that.": "请导出为 Parquet 或 CSV，再导入。",
    "Export it as CSV, then import that.": "请导出为 CSV，再导入。",
    "Export the data as CSV, then import that.": "请把数据导出为 CSV，再导入。",
    "Zip folders of images, one folder per class.": "请把图像按类别分文件夹放好，再打包成 zip。",
    "{file} does not hold readable text.": "{file} 里没有可读的文本。",
    "Import a table, JSON lines or a zip of images.": "请导入表格、JSON lines 或图像压缩包。",
    "{file} has no sheet '{name}'.": "{file} 没有工作表“{name}”。",
    "Its sheets: {names}.": "现有工作表：{names}。",
    "Open it, remove the password, save it, and import it again.": "请打开它，去掉密码并保存，再重新导入。",
    "{file} cannot be read as a workbook.": "{file} 无法作为工作簿读取。",
    "It is damaged, protected by a password, or another kind of Office document.": (
        "它已损坏、有密码保护，或是别的 Office 文档。"
    ),
    "Save the table as .xlsx or CSV UTF-8, then import that.": "请把表格另存为 .xlsx 或 CSV UTF-8，再导入。",
    "{file} would unpack to {size} MB; at most {limit} MB are read.": (
        "{file} 解压后有 {size} MB，最多读取 {limit} MB。"
    ),
    "Save the sheet as CSV UTF-8, then import that.": "请把工作表另存为 CSV UTF-8，再导入。",
    "A sheet of {file} reaches to row {row} and column {column}: too far to be held in memory.": (
        "{file} 有一个工作表延伸到第 {row} 行第 {column} 列，内存放不下。"
    ),
    "Delete what stands beside and below the table, or save the sheet as CSV UTF-8.": (
        "请删除表格旁边和下方的内容，或把工作表另存为 CSV UTF-8。"
    ),
    "{file} is damaged or incomplete.": "{file} 已损坏或不完整。",
    "Export it once more, then import it.": "请重新导出，再导入。",
    "Pack it once more.": "请重新打包。",
    "{file} unpacks to more than {limit} MB.": "{file} 解压后超过 {limit} MB。",
    "Unpack it yourself, look at what is in it, and import that.": "请自行解压，查看内容后再导入。",
    "{file} is packed twice.": "{file} 被压缩了两次。",
    "Unpack it once, then import it.": "请解压一次，再导入。",
    "{file} holds an empty file.": "{file} 里是一个空文件。",
    "{file} has more than {limit} rows.": "{file} 超过 {limit} 行。",
    "The numbers of '{name}' are scores and no classes.": "“{name}”里的数字是分数，不是类别。",
    "The columns {names} hold nothing but 0 and 1, so a row may have several labels.": (
        "这些列只有 0 和 1：{names}。一行可能有多个标签。"
    ),
    "This task learns one label for each row.": "这个任务每行只学一个标签。",
    "Name one of them with --option {option}=COLUMN to learn yes or no.": (
        "请在本页的字段中指定其中一列（{option}），学习“是”或“否”。"
    ),
    "No column looks like the {role}.": "没有一列看起来像“{role}”。",
    "There is no column '{name}' for {role}.": "没有可作“{role}”的列“{name}”。",
    "Columns: {names}.": "现有的列：{names}。",
    "Give a file with the columns {names} that the model was trained with.": (
        "请提供含有训练该模型时所用各列的文件：{names}。"
    ),
    "Give a file with the column {name} that the model was trained with.": (
        "请提供含有训练该模型时所用的列 {name} 的文件。"
    ),
    "Leave the task out, or import data for it.": "请不要指定任务，或导入适合该任务的数据。",
    "Tasks: {names}.": "可选的任务：{names}。",
    "Name one of these.": "请从中指定一列。",
    "Name it with --option {option}=COLUMN, if one of these is meant.": (
        "如果是其中之一，请在本页的字段中指定（{option}）。"
    ),
    "One column cannot play two roles.": "一列不能担任两个角色。",
    "The data do not suit the task '{task}'.": "数据不适合任务“{task}”。",
    "It needs {wanted}; the data hold {held}.": "它需要{wanted}；数据里是{held}。",
    "There are no rows to train on.": "没有可用于训练的数据。",
    "There are too few rows to train on.": "训练数据太少。",
    "There are too few rows to choose and to test on.": "验证和测试数据太少。",
    "There are {train} rows to train, {valid} to choose (valid) and {test} to test on.": (
        "训练 {train} 行，验证 {valid} 行，测试 {test} 行。"
    ),
    "At least 10 are needed; bring more.": "至少需要 10 行，请增加数据。",
    "Bring more rows.": "请增加数据。",
    "There are fewer than two classes.": "类别少于两个。",
    "Every row has the class '{name}'.": "每一行的类别都是“{name}”。",
    "Bring rows of another class.": "请加入其他类别的数据。",
    "No training row has the class '{name}'.": "训练数据中没有类别“{name}”。",
    "There are {count} classes; the limit is {limit}.": "有 {count} 个类别，上限是 {limit}。",
    "There are more than {limit} rows.": "数据超过 {limit} 行。",
    "The table has more than {limit} rows.": "表格超过 {limit} 行。",
    "Import a part of it, or raise STUDIO_LIMITS_ROWS.": "请只导入一部分，或调高 STUDIO_LIMITS_ROWS。",
    "{file} has {size} MB; the limit is {limit} MB.": "{file} 有 {size} MB，上限是 {limit} MB。",
    "Import a part of it, or raise STUDIO_LIMITS_UPLOAD_BYTES.": (
        "请只导入一部分，或调高 STUDIO_LIMITS_UPLOAD_BYTES。"
    ),
    "Upload a part of it, or raise STUDIO_LIMITS_UPLOAD_BYTES.": (
        "请只上传一部分，或调高 STUDIO_LIMITS_UPLOAD_BYTES。"
    ),
    "The table has no column with a value.": "表格没有一列有内容。",
    "{file} is not valid JSON.": "{file} 不是有效的 JSON。",
    "{file} is JSON without a list of records.": "{file} 是 JSON，但没有记录列表。",
    "{file} holds no records.": "{file} 里没有记录。",
    "Expected: [{example}, ...].": "应为：[{example}, ...]。",
    "Bring one record per row, such as {example}.": "请让每行是一条记录，例如 {example}。",
    "Correct the file, then import it again.": "请改正文件，再重新导入。",
    "{file} is protected by a password.": "{file} 有密码保护。",
    "Make a zip without one, then import it.": "请打包成没有密码的 zip，再导入。",
    "{file} is a damaged zip archive.": "{file} 是损坏的 zip 压缩包。",
    "Make the zip again, then import it.": "请重新打包，再导入。",
    "The images of {file} are not in class folders.": "{file} 中的图像没有按类别放在文件夹里。",
    "Put the images of each class into a folder with the name of the class, then zip these folders; or add a labels.csv"
    " with the columns file and label.": (
        "请把每个类别的图像放进以类别命名的文件夹，再把这些文件夹打包成 zip；或加入含 file 和 label 两列的 labels.csv。"
    ),
    "{file} is a damaged archive.": "{file} 是损坏的压缩包。",
    "Make it again, then import it.": "请重新打包，再导入。",
    "None of the images can be read.": "没有一张图像能读取。",
    "The import was stopped before it was done.": "导入在完成之前被终止。",
    "The importer could not do its work.": "导入程序无法工作。",
    "The folder 'logs' of the workspace has the details; 'studio doctor' looks at the installation.": (
        "详情见工作区的 'logs' 文件夹；'studio doctor' 可检查安装是否完好。"
    ),
    "It left without a word.": "它没有留下任何说明就退出了。",
    "Import a smaller file, or raise STUDIO_LIMITS_IMPORT_MEMORY_BYTES.": (
        "请导入小一些的文件，或调高 STUDIO_LIMITS_IMPORT_MEMORY_BYTES。"
    ),
    "Import a smaller file, or raise STUDIO_LIMITS_IMPORT_SECONDS.": (
        "请导入小一些的文件，或调高 STUDIO_LIMITS_IMPORT_SECONDS。"
    ),
    "The uploaded file did not arrive.": "上传的文件没有到达。",
    "Upload the file again.": "请重新上传。",
}
