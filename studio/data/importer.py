"""The process that parses what strangers made: `python -m studio.data.importer <dataset folder>`.

Reads `request.json`, works under limits of its own, and leaves either a finished dataset (`dataset.json` last) or
`error.json`. Whoever started it watches `progress.json`. It is disposable: nothing outside its folder is written.
"""

from __future__ import annotations

import errno
import sys
import traceback
from pathlib import Path

from studio import files
from studio.data import pipeline, process_limits, unsplit
from studio.data.progress import Progress
from studio.errors import ImportStopped, InternalError, LimitError, StudioError
from studio.identifiers import new_id
from studio.settings import Limits

WORK = {**pipeline.WORK, "unsplit": unsplit.read}


def main(folder: Path) -> int:
    """Carry out the folder's request; 0 if the dataset is complete."""
    request = files.read_json(folder / "request.json")
    limits = Limits.model_validate(request["limits"])
    try:
        process_limits.apply(limits)
        WORK[request["kind"]](folder, request, Progress(folder, limits))
    except StudioError as error:
        return _fail(folder, error)
    except MemoryError:
        return _fail(folder, _out_of_memory(limits))
    except Exception as error:
        if isinstance(error, OSError) and error.errno == errno.EFBIG:
            return _fail(folder, LimitError(f"The dataset would be larger than {limits.archive_bytes / 1e9:,.1f} GB."))
        return _fail(folder, _mistake())
    return 0


def _fail(folder: Path, error: StudioError) -> int:
    files.write_json(folder / "error.json", error.record())
    return 1


def _out_of_memory(limits: Limits) -> ImportStopped:
    return ImportStopped(
        f"The import needs more than the {limits.import_memory_bytes / 2**30:.1f} GB of memory it may use.",
        next="Import a smaller file, or raise STUDIO_LIMITS_IMPORT_MEMORY_BYTES.",
    )


def _mistake() -> InternalError:
    """Our own mistake: the traceback goes to the log under an id, the id to the person."""
    error_id = new_id()
    sys.stderr.write(f"error {error_id}\n{traceback.format_exc()}")
    return InternalError(
        f"Something went wrong on our side (id {error_id}).",
        why="The import met a case it does not know.",
        next="The folder 'logs' of the workspace has the details; please report them with the file if you can.",
    )


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
