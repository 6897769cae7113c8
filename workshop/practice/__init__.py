"""The offline world, as processes of its own: the practice model and the practice site."""
