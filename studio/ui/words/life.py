"""What the core says about the life of runs in English sentences, in Chinese: queue, room, limits, devices."""

from __future__ import annotations

LIFE = {
    "The run's folder cannot be written to.": "无法写入训练的文件夹。",
    "The GPU stopped responding.": "GPU 停止响应。",
    "Resume the run. If it happens again, restart the machine, or train on another device.": (
        "请继续训练。如果再次出现，请重启机器或换一个设备。"
    ),
    "The queue is full.": "队列已满。",
    "Runs that wait: {count}; as many as may wait here.": "正在等待的训练：{count} 个，已达这里的上限。",
    "Try again when one has begun, or stop one that waits.": "请等其中一个开始后再试，或停止一个正在等待的训练。",
    "The run cannot be resumed: it has just finished.": "这次训练刚刚完成，不能继续。",
    "The workspace is full.": "工作区已满。",
    "It may hold {limit} MB, and {over} MB more would be needed.": "它最多可用 {limit} MB，还差 {over} MB。",
    "Delete runs or datasets, or raise STUDIO_LIMITS_WORKSPACE_BYTES.": (
        "请删除训练或数据集，或调高 STUDIO_LIMITS_WORKSPACE_BYTES。"
    ),
    "A run may train for {most} minutes here, and {asked} are asked for.": (
        "这里一次训练最多 {most} 分钟，而要求的是 {asked} 分钟。"
    ),
    "Set max_minutes lower, or raise STUDIO_LIMITS_RUN_MINUTES.": (
        "请调低 max_minutes，或调高 STUDIO_LIMITS_RUN_MINUTES。"
    ),
    "The disk is nearly full.": "磁盘快满了。",
    "There is no room to keep what the frozen layers say of each row.": "没有空间保存冻结层对每行数据的输出。",
    "They are asked in every epoch, which takes longer.": "因此每轮都要重新计算，耗时更长。",
    "The next checkpoint needs about {needed} MB and {free} MB are free.": (
        "下一个检查点约需 {needed} MB，现有 {free} MB。"
    ),
    "The run's process hangs and could not be ended.": "训练进程卡住了，无法结束。",
    "The system keeps it, as it does while a disk or a device does not answer.": (
        "系统不放行，通常是磁盘或设备没有响应。"
    ),
    "Restart the machine; the last checkpoint is kept.": "请重启机器；最近的检查点会保留。",
    "The curves cannot be written: {reason}.": "曲线无法写入：{reason}。",
    "Training goes on, and its points are written once that works again.": "训练继续进行，恢复后会补写曲线上的点。",
    "The run's dataset is gone.": "这次训练的数据集不在了。",
    "The run's dataset was changed.": "这次训练的数据集被改动了。",
    "Files of the run's dataset were changed or damaged.": "这次训练的数据集文件被改动或损坏了。",
    "Not as they were written: {altered}.": "与写入时不同的文件：{altered}。",
    "Import the file again and start a new run; the last checkpoint is kept.": (
        "请重新导入文件并开始新的训练；最近的检查点会保留。"
    ),
    "Import the file again and start a new run.": "请重新导入文件并开始新的训练。",
    "Start a new run on the dataset as it is now.": "请在现在的数据集上开始新的训练。",
}
