"""A finished run as a file that people use without the studio."""
