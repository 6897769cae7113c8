"""Speed and memory of the workshop, measured and printed beside their targets.

    python -m authoring.bench                      all of it, about five minutes
    python -m authoring.bench --only begin report  some of it
    python -m authoring.bench --markdown           as docs/benchmarks.md quotes it

Nothing here is a test: a slow number is printed, and never fails. Each measurement has a room of
its own with state in a temporary folder, free ports and no key, and ends what it started.
"""
