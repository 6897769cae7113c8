"""Stands in for Colab's own package, as far as the workshop knows it.

`google` is a namespace package: no `__init__.py` there, so that google.protobuf is found as well.
"""
