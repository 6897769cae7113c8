"""The practice model: an OpenAI-compatible server of our own that needs no key and no internet."""
