"""The panels of the page, one file each. Each has `build(page, tab)`."""
