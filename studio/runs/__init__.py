"""Run folders seen from outside, without torch: create, list, watch, stop, resume."""
