"""For authors: everything that learners open is derived here from the sources under `lessons/`."""
