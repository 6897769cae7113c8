"""`eval_js` asks the browser; here, the one question that the workshop asks is answered.

https://github.com/googlecolab/colabtools/blob/main/google/colab/output/_js.py
"""

from __future__ import annotations

import re


def eval_js(script: str) -> str:
    """The address at which a browser on Colab reaches a port of the machine.

    Raises:
        ValueError: another script was sent.
    """
    asked = re.fullmatch(r"google\.colab\.kernel\.proxyPort\((\d+)\)", script)
    if not asked:
        raise ValueError(f"This stand-in knows no {script!r}.")
    return f"https://stand-in-{asked[1]}.colab.example/"
