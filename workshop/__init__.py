"""The workshop's classroom: what notebooks and demos import."""
