"""The worker process and its engine. Knows nothing of the page."""
