"""The tests. They mirror studio/: tests/test_<module>.py; helpers are imported as `from tests.<helper> import ...`."""
