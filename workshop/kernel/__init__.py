"""This kernel: its Worker, questions, event loops, logs, errors in words."""
