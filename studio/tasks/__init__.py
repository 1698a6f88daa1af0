"""What to learn: one file per task. To add a task, write its file and name it here."""

from studio.catalog import Catalog
from studio.contracts import Task
from studio.tasks import (
    image_classification,
    image_multilabel_classification,
    masked_language_modeling,
    multilabel_classification,
    question_answering,
    text_classification,
    text_pair_classification,
    text_pair_regression,
    text_regression,
    token_classification,
)

TASKS: Catalog[Task] = Catalog(
    "task",
    (
        text_classification.TASK,
        multilabel_classification.TASK,
        text_pair_classification.TASK,
        text_regression.TASK,
        text_pair_regression.TASK,
        token_classification.TASK,
        question_answering.TASK,
        image_classification.TASK,
        image_multilabel_classification.TASK,
        masked_language_modeling.TASK,
    ),
)
