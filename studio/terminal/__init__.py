"""What a terminal shows: safe text, tables, progress, plots in characters, pages, and the commands that fill them.

Knows of runs and datasets only the records that the front door hands out.
"""
