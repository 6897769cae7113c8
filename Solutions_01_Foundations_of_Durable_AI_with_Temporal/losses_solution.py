losses = {
    # what happened: (calls paid, what I lost, what I would want)
    "too many requests": (0, "only time", "wait as long as it says, and ask again"),
    "no answer in time": (1, "an answer that I paid for", "try again, and not for ever"),
    "key revoked": (0, "only time", "stop at once, and tell a person"),
    "connection dropped": (0, "only time", "ask again after a pause"),
    "full disk": (1, "a good answer", "write the PDF from the answer that I have"),
    "process killed": (2, "the first answer", "go on after the answer"),
}
