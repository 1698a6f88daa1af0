"""From a file to a dataset folder: formats, importer process, splits, check-up, store."""
